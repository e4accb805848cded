import { shownItems } from './shown.ts';
import type { State } from './state.ts';
import type { Item, Noun } from './types.ts';

/** What the user sees of the state, computed once after each change, and who wants to know of changes. */
export function showState(state: State) {
  const listeners = new Set<() => void>();
  const shown = new Map<Noun, ReadonlyMap<string, Item>>();
  let changeCount = 0;
  return {
    items(noun: Noun): ReadonlyMap<string, Item> {
      const items = shown.get(noun) ?? shownItems(state, noun);
      shown.set(noun, items);
      return items;
    },
    changeCount: () => changeCount,
    changed(): void {
      changeCount += 1;
      shown.clear();
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener: () => void): () => void {
      // Another function each time, so that each of two subscriptions of one listener ends by itself.
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

export type ShownState = ReturnType<typeof showState>;
