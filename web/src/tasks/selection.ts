import { createStore } from '../model/store.ts';

const store = createStore<ReadonlySet<string>>(new Set());
/** Whether check boxes of a selection are shown instead of those that complete. */
const mode = createStore(false);

/** The tasks that a bulk action is for, by their keys (`keyOf`): a new task stays selected when it gets another id. */
export const selection = {
  get: store.get,
  subscribe: store.subscribe,
  mode,
  start: () => mode.set(true),
  toggle(key: string): void {
    const next = new Set(store.get());
    if (!next.delete(key)) next.add(key);
    store.set(next);
    mode.set(true);
  },
  selectAll: (keys: Iterable<string>) => store.set(new Set(keys)),
  end(): void {
    store.set(new Set());
    mode.set(false);
  },
};
