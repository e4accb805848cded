import type { Offline } from '@duly/client/offline';
import type { Translate } from '../i18n/i18n.tsx';
import { announce } from '../ui/announce.ts';
import { followPointer } from '../ui/follow-pointer.ts';

/** What has a manual order besides tasks. */
export type MovedKind = 'projects' | 'sections' | 'views';
export interface Moved {
  kind: MovedKind;
  id: string;
}

interface Arranging {
  offline: Offline;
  t: Translate;
}

/** Those that are shown together with it, in their order. */
function siblings({ offline }: Arranging, { kind, id }: Moved): readonly { id: string; name: string }[] {
  if (kind === 'projects') return offline.projects.all().filter(({ archived }) => !archived);
  if (kind === 'views') return offline.views.all();
  const projectId = offline.sections.get(id)?.project_id;
  return offline.sections.all().filter(({ project_id }) => project_id === projectId);
}

async function moveBeside(
  arranging: Arranging,
  { kind, id }: Moved,
  targetId: string,
  side: 'before' | 'after',
): Promise<void> {
  const { offline, t } = arranging;
  if (id === targetId) return;
  await offline[kind].move(id, side === 'before' ? { before: targetId } : { after: targetId });
  announce(t('toast.moved', { title: offline[kind].get(id)?.name ?? '' }));
}

/** A new item may have got another id since. */
const withCurrentId = ({ offline }: Arranging, { kind, id }: Moved): Moved => ({
  kind,
  id: offline[kind].get(id)?.id ?? id,
});

/** One place up (-1) or down (1) among its siblings. */
export async function moveBy(arranging: Arranging, wanted: Moved, by: 1 | -1): Promise<void> {
  const moved = withCurrentId(arranging, wanted);
  const all = siblings(arranging, moved);
  const next = all[all.findIndex(({ id }) => id === moved.id) + by];
  if (next === undefined || !all.some(({ id }) => id === moved.id)) return;
  await moveBeside(arranging, moved, next.id, by < 0 ? 'before' : 'after');
  // An item that React puts in another place loses the focus.
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const { kind, id } = withCurrentId(arranging, moved);
    const key = CSS.escape(moveKeyOf({ kind, id }));
    const group = CSS.escape(arranging.offline[kind].keyOf(id));
    document
      .querySelector<HTMLElement>(`[data-move="${key}"] a, [data-group="${group}"] [aria-haspopup]`)
      ?.focus();
  });
}

const moveKeyOf = ({ kind, id }: Moved): string => `${kind} ${id}`;

export function readKey(key: string | undefined): Moved | null {
  const [kind, id] = key?.split(' ') ?? [];
  return (kind === 'projects' || kind === 'views') && id !== undefined ? { kind, id } : null;
}

/** Nearer than this it is a click. */
const startPx = 5;

/** Follows the pointer from an item of the sidebar until it is let go, and marks where it would go. */
export function dragItem(arranging: Arranging, item: HTMLElement, startY: number): void {
  const moved = readKey(item.dataset.move);
  if (moved === null) return;
  let over: HTMLElement | null = null;
  let side: 'before' | 'after' = 'after';
  let isDragging = false;
  const mark = (next: HTMLElement | null) => {
    over?.removeAttribute('data-drop');
    over = next;
    if (over !== null) over.dataset.drop = side;
  };
  const onMove = ({ clientY }: PointerEvent) => {
    isDragging ||= Math.abs(clientY - startY) > startPx;
    if (!isDragging) return;
    item.dataset.dragged = 'true';
    for (const sibling of item.parentElement?.children ?? []) {
      const { top, bottom } = sibling.getBoundingClientRect();
      if (!(sibling instanceof HTMLElement) || clientY < top || clientY >= bottom) continue;
      side = clientY < (top + bottom) / 2 ? 'before' : 'after';
      mark(sibling);
    }
  };
  followPointer(onMove, (isDone) => {
    const target = readKey(over?.dataset.move);
    mark(null);
    delete item.dataset.dragged;
    if (!isDragging) return;
    // The click that follows is the end of the drag, and opens nothing.
    const swallow = (event: MouseEvent) => {
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
    if (isDone && target !== null) void moveBeside(arranging, moved, target.id, side);
  });
}
