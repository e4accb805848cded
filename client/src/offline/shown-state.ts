import { isEqual } from './merge.ts';
import { type Shown, showItems } from './shown.ts';
import type { State } from './state.ts';
import type { Item, Noun } from './types.ts';

type Items = ReadonlyMap<string, Item>;

/**
 * Items with writes that wait are made anew. One that is as it was before stays the same object, so that what is
 * rendered of it need not be rendered again.
 */
function withSameItems(items: Map<string, Item>, before: Items | undefined): Items {
  if (before === undefined) return items;
  for (const [id, item] of items) {
    const old = before.get(id);
    if (old !== undefined && old !== item && isEqual(old, item)) items.set(id, old);
  }
  return items;
}

/** The items as the user sees them, computed once after each change, and the listeners to changes. */
export function showState(state: State) {
  const listeners = new Set<() => void>();
  const shown = new Map<Noun, Shown>();
  /** The items as they were shown before the last change. */
  const before = new Map<Noun, Items>();
  let changeCount = 0;
  function show(noun: Noun): Shown {
    const known = shown.get(noun);
    if (known !== undefined) return known;
    const { items: all, deleted } = showItems(state, noun);
    const items = withSameItems(all, before.get(noun));
    shown.set(noun, { items, deleted });
    before.set(noun, items);
    return { items, deleted };
  }
  return {
    items: (noun: Noun): Items => show(noun).items,
    deleted: (noun: Noun): Items => show(noun).deleted,
    waiting: (noun: Noun): readonly string[] =>
      state.queue().flatMap((write) => (write.noun === noun ? [state.resolveId(write.id)] : [])),
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
