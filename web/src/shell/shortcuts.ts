import { useEffect } from 'react';
import type { MessageKey } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { openQuickAdd, panel } from './panels.ts';

export interface Shortcut {
  keys: string;
  text: MessageKey;
}

/** Those of the whole app; a list has its own (`tasks/list-keys.ts`). */
export const shortcuts: readonly Shortcut[] = [
  { keys: 'q', text: 'shortcut.add' },
  { keys: 'mod k', text: 'nav.palette' },
  { keys: '/', text: 'nav.search' },
  { keys: 'g t', text: 'nav.today' },
  { keys: 'g u', text: 'nav.upcoming' },
  { keys: 'g i', text: 'nav.inbox' },
  { keys: 'g c', text: 'nav.charts' },
  { keys: 'j', text: 'shortcut.next' },
  { keys: 'k', text: 'shortcut.previous' },
  { keys: 'Enter', text: 'shortcut.open' },
  { keys: 'c', text: 'shortcut.complete' },
  { keys: 'x', text: 'shortcut.select' },
  { keys: 'Delete', text: 'shortcut.delete' },
  { keys: 'Alt ↑', text: 'list.moveUp' },
  { keys: 'Alt ↓', text: 'list.moveDown' },
  { keys: '?', text: 'shortcut.help' },
];

const places: Record<string, string> = { t: '/today', u: '/upcoming', i: '/inbox', c: '/charts' };
/** How long after `g` the second key may come. */
const chordMs = 1_500;

export const isTyping = ({ target }: Event): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type="checkbox"]), textarea, select'));

/** A dialog has the keys: what is written in it is not lost to another one. */
export const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null;

export const quickAddInputId = 'quick-add';
export const searchInputId = 'search';

function focusQuickAdd(): void {
  const input = document.getElementById(quickAddInputId);
  if (input?.checkVisibility()) input.focus();
  else openQuickAdd();
}

function focusSearch(): void {
  const input = document.getElementById(searchInputId);
  if (input instanceof HTMLInputElement) {
    input.focus();
    input.select();
  } else navigate('/search');
}

export function useShortcuts(): void {
  useEffect(() => {
    let chordUntil = 0;
    const actions: Record<string, () => void> = {
      q: focusQuickAdd,
      '/': focusSearch,
      '?': () => panel.set({ name: 'shortcuts' }),
      g: () => {
        chordUntil = Date.now() + chordMs;
      },
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
        event.preventDefault();
        if (!isDialogOpen()) panel.set({ name: 'palette' });
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || isDialogOpen()) return;
      const place = Date.now() < chordUntil ? places[event.key] : undefined;
      chordUntil = 0;
      const action = place === undefined ? actions[event.key] : () => navigate(place);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
