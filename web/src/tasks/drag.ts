import type { Task } from '@duly/client';
import { followPointer } from '../ui/follow-pointer.ts';
import type { Move, Side } from './use-move.ts';

export interface Target {
  id: string;
  side: Side;
}

/** How near the edge of the window the page scrolls, and how far at a time. */
const scrollZonePx = 80;
const scrollStepPx = 12;

export interface Dragging {
  list: HTMLElement | null;
  move(): Move;
  onTarget(target: Target | null): void;
  onEnd(): void;
}

/** Follows the pointer until it is let go. Escape ends it without a move. */
export function dragTask(task: Task, { list, move, onTarget, onEnd }: Dragging): void {
  let over: Target | null = null;
  let groupKey: string | null = null;
  const onMove = (moved: PointerEvent) => {
    scrollAtEdge(moved.clientY);
    over = rowAt(list, moved.clientY);
    groupKey = over === null ? groupAt(moved) : null;
    onTarget(over);
  };
  followPointer(onMove, (isDone) => {
    onEnd();
    if (!isDone) return;
    if (over !== null) void move().beside(task.id, over.id, over.side);
    else if (groupKey !== null) void move().toGroup(task.id, groupKey);
  });
}

function scrollAtEdge(y: number): void {
  if (y < scrollZonePx) window.scrollBy(0, -scrollStepPx);
  else if (y > window.innerHeight - scrollZonePx) window.scrollBy(0, scrollStepPx);
}

function rowAt(list: HTMLElement | null, y: number): Target | null {
  for (const row of list?.querySelectorAll<HTMLElement>('[data-row]') ?? []) {
    const { top, bottom } = row.getBoundingClientRect();
    if (y < top || y >= bottom) continue;
    return { id: row.dataset.row ?? '', side: y < (top + bottom) / 2 ? 'before' : 'after' };
  }
  return null;
}

const groupAt = ({ clientX, clientY }: PointerEvent): string | null =>
  document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>('[data-group]')?.dataset.group ?? null;
