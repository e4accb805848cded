import type { Task } from '@duly/client';
import { type PointerEvent as ReactPointerEvent, type RefObject, useCallback, useRef, useState } from 'react';
import type { Move, Side } from './use-move.ts';

interface Target {
  id: string;
  side: Side;
}

/** How near the edge of the window the page scrolls, and how far at a time. */
const scrollZonePx = 80;
const scrollStepPx = 12;

/** Dragging a row by its grip: with a mouse, a pen or a finger. The keys of a list do the same (`list-keys.ts`). */
export function useDrag(list: RefObject<HTMLElement | null>, move: Move) {
  const [draggedId, setDragged] = useState<string | null>(null);
  const [target, setTarget] = useState<Target | null>(null);
  const latest = useRef(move);
  latest.current = move;

  const start = useCallback(
    (task: Task, event: ReactPointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.preventDefault();
      let over: Target | null = null;
      let groupKey: string | null = null;
      setDragged(task.id);

      const onMove = (moved: PointerEvent) => {
        scrollAtEdge(moved.clientY);
        over = rowAt(list.current, moved.clientY);
        groupKey = over === null ? groupAt(moved) : null;
        setTarget(over);
      };
      const end = (isDone: boolean) => () => {
        controller.abort();
        setDragged(null);
        setTarget(null);
        if (!isDone) return;
        if (over !== null) latest.current.beside(task.id, over.id, over.side);
        else if (groupKey !== null) latest.current.toGroup(task.id, groupKey);
      };
      const controller = new AbortController();
      const { signal } = controller;
      window.addEventListener('pointermove', onMove, { signal });
      window.addEventListener('pointerup', end(true), { signal });
      window.addEventListener('pointercancel', end(false), { signal });
      window.addEventListener('keydown', ({ key }) => key === 'Escape' && end(false)(), { signal });
    },
    [list],
  );

  const dropAt = (id: string): Side | undefined =>
    target?.id === id && draggedId !== id ? target.side : undefined;
  return { draggedId, start, dropAt };
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
