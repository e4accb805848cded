/**
 * Follows the pointer from where it was pressed until it is let go. Escape ends that, and so does a move without a
 * button: it was let go before this was loaded, or outside of the window.
 * @param onEnd with `false` if nothing may come of it
 */
export function followPointer(onMove: (event: PointerEvent) => void, onEnd: (isDone: boolean) => void): void {
  const controller = new AbortController();
  const { signal } = controller;
  const end = (isDone: boolean) => {
    controller.abort();
    onEnd(isDone);
  };
  window.addEventListener('pointermove', (event) => (event.buttons === 0 ? end(false) : onMove(event)), {
    signal,
  });
  window.addEventListener('pointerup', () => end(true), { signal });
  window.addEventListener('pointercancel', () => end(false), { signal });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    // Before everything else that Escape would close.
    event.preventDefault();
    event.stopPropagation();
    end(false);
  };
  window.addEventListener('keydown', onKeyDown, { signal, capture: true });
}
