import { type KeyboardEvent, useEffect } from 'react';
import { useStore } from '../model/store.ts';
import { drawer } from './panels.ts';
import { isDialogOpen } from './shortcuts.ts';

/** The sidebar of the narrow layout. It gets the focus while it is shown, and gives it back. Escape closes it. */
export function useDrawer() {
  const isOpen = useStore(drawer);
  useEffect(() => {
    if (!isOpen) return;
    const opener = document.activeElement;
    const sidebar = document.querySelector('.sidebar');
    sidebar?.querySelector<HTMLElement>('a')?.focus();
    return () => {
      const { activeElement } = document;
      const isLeft = activeElement === document.body || sidebar?.contains(activeElement);
      if (isLeft && opener instanceof HTMLElement) opener.focus();
    };
  }, [isOpen]);
  return {
    isOpen,
    onKeyDown(event: KeyboardEvent): void {
      if (event.key !== 'Escape' || !isOpen || isDialogOpen()) return;
      event.preventDefault();
      drawer.set(false);
    },
  };
}
