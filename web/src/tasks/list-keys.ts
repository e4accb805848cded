import type { Task } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import type { KeyboardEvent } from 'react';
import { useEffect } from 'react';
import type { List } from '../model/lists.ts';
import { useTaskActions } from '../model/use-actions.ts';
import { useSession } from '../session/session.tsx';
import { isDialogOpen, isTyping } from '../shell/shortcuts.ts';
import { selection } from './selection.ts';
import type { Move } from './use-move.ts';

const titles = () => [...document.querySelectorAll<HTMLElement>('.row-title')];

/** Moves the focus from row to row; from elsewhere to the first one. */
function focusBy(step: number): void {
  const all = titles();
  const at = all.findIndex((title) => title.closest('[data-row]')?.contains(document.activeElement));
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** After a move, React may have made the row anew. */
function keepFocus({ tasks }: Offline, moved: string): void {
  // A new task may have got another id meanwhile.
  const id = tasks.get(moved)?.id ?? moved;
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] .row-title`)?.focus(),
  );
}

/** The keys of a list: what `shell/shortcuts.ts` shows. */
export function useListKeys(list: List, move: Move): (event: KeyboardEvent) => void {
  const { offline } = useSession();
  const { complete, remove } = useTaskActions();
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isDialogOpen()) return;
      if (event.key === 'j') focusBy(1);
      if (event.key === 'k') focusBy(-1);
      if (event.key === 'Escape') selection.end();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);

  return (event) => {
    const { target } = event;
    if (
      !(target instanceof HTMLElement) ||
      isTyping(event.nativeEvent) ||
      target.closest('.card, .popover-root')
    )
      return;
    const id = target.closest<HTMLElement>('[data-row]')?.dataset.row;
    const task = list.groups.flatMap(({ tasks }) => tasks).find((one) => one.id === id);
    if (task === undefined || event.ctrlKey || event.metaKey) return;
    const action = event.altKey ? moves(task.id)[event.key] : actions(task)[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  function actions(task: Task): Record<string, () => void> {
    return {
      ArrowDown: () => focusBy(1),
      ArrowUp: () => focusBy(-1),
      c: () => void complete(task, !task.completed),
      x: () => selection.toggle(offline.tasks.keyOf(task.id)),
      Delete: () => void remove([task]),
    };
  }

  function moves(id: string): Record<string, () => void> {
    const step = (by: 1 | -1) => void move.step(id, by).then(() => keepFocus(offline, id));
    return { ArrowUp: () => step(-1), ArrowDown: () => step(1) };
  }
}
