import { type FocusEvent, type RefObject, useLayoutEffect, useRef } from 'react';

const titleOf = (list: HTMLElement, key: string) =>
  list.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"] .row-title`);

/**
 * A row that leaves the list with the focus in it passes the focus on to the row after it, or to the one before. Work
 * with the keyboard goes on from there.
 * @param keys of the rows, in their order
 */
export function useKeptFocus(keys: readonly string[], list: RefObject<HTMLElement | null>) {
  const focused = useRef<string | null>(null);
  const shown = useRef(keys);
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = keys;
    const lost = focused.current;
    if (lost === null || list.current === null || keys.includes(lost)) return;
    focused.current = null;
    // Somebody has gone on to something else.
    if (document.activeElement !== document.body) return;
    const at = before.indexOf(lost);
    for (const key of [...before.slice(at + 1), ...before.slice(0, at).reverse()]) {
      const title = titleOf(list.current, key);
      if (title !== null) return title.focus({ preventScroll: true });
    }
  }, [keys, list]);
  return {
    onFocus({ target }: FocusEvent<HTMLElement>) {
      focused.current = target.closest<HTMLElement>('[data-row]')?.dataset.key ?? null;
    },
    // React is silent about an element that is taken away with the focus.
    onBlur() {
      focused.current = null;
    },
  };
}
