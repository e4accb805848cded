import type { Task } from '@duly/client';
import { type PointerEvent, type RefObject, useCallback, useRef, useState } from 'react';
import { useSession } from '../session/session.tsx';
import type { Target } from './drag.ts';
import type { Move, Side } from './use-move.ts';

/** Loaded with the first drag, or before it. */
export const loadDrag = () => import('./drag.ts');

/** Dragging a row by its grip: with a mouse, a pen or a finger. The keys of a list do the same (`list-keys.ts`). */
export function useDrag(list: RefObject<HTMLElement | null>, move: Move) {
  const { offline } = useSession();
  const [dragged, setDragged] = useState<string | null>(null);
  // A new task may get another id meanwhile.
  const draggedId = dragged === null ? null : (offline.tasks.get(dragged)?.id ?? null);
  const [target, setTarget] = useState<Target | null>(null);
  const latest = useRef(move);
  latest.current = move;

  const start = useCallback(
    (task: Task, event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.preventDefault();
      setDragged(task.id);
      const onEnd = () => {
        setDragged(null);
        setTarget(null);
      };
      void loadDrag().then(
        ({ dragTask }) =>
          dragTask(task, { list: list.current, move: () => latest.current, onTarget: setTarget, onEnd }),
        onEnd,
      );
    },
    [list],
  );

  const dropAt = (id: string): Side | undefined =>
    target?.id === id && draggedId !== id ? target.side : undefined;
  return { draggedId, start, dropAt };
}
