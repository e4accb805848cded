import type { KeyboardEvent, PointerEvent } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import type { Moved } from './nav-moves.ts';

/** Loaded with the first move, or before it. */
export const loadMoves = () => import('./nav-moves.ts');

const steps: Record<string, 1 | -1 | undefined> = { ArrowUp: -1, ArrowDown: 1 };

/** Moves projects, sections and views within their manual order. */
export function useArrange() {
  const { offline } = useSession();
  const { t } = useI18n();
  const moveBy = (moved: Moved, by: 1 | -1) =>
    void loadMoves().then((moves) => moves.moveBy({ offline, t }, moved, by));
  return {
    moveBy,
    /** Of a list whose items have `data-move`: Alt and an arrow key move the one that has the focus. */
    onKeyDown(event: KeyboardEvent): void {
      const by = event.altKey ? steps[event.key] : undefined;
      const item = (event.target as Element).closest<HTMLElement>('[data-move]');
      if (by === undefined || item === null) return;
      event.preventDefault();
      void loadMoves().then(({ readKey }) => {
        const moved = readKey(item.dataset.move);
        if (moved !== null) moveBy(moved, by);
      });
    },
    /** The same with a mouse or a pen. A finger scrolls, and has the menu of the list. */
    onPointerDown({ target, button, pointerType, clientY }: PointerEvent): void {
      const item = (target as Element).closest<HTMLElement>('[data-move]');
      if (item === null || button !== 0 || pointerType === 'touch') return;
      void loadMoves().then(({ dragItem }) => dragItem({ offline, t }, item, clientY));
    },
  };
}
