import { createStore } from '../model/store.ts';

const store = createStore<ReadonlySet<string>>(new Set());
/** Whether check boxes of a selection are shown instead of those that complete. */
const mode = createStore(false);

/** The tasks that a bulk action is for. */
export const selection = {
  get: store.get,
  subscribe: store.subscribe,
  mode,
  start: () => mode.set(true),
  toggle(id: string): void {
    const next = new Set(store.get());
    if (!next.delete(id)) next.add(id);
    store.set(next);
    mode.set(true);
  },
  selectAll: (ids: Iterable<string>) => store.set(new Set(ids)),
  end(): void {
    store.set(new Set());
    mode.set(false);
  },
};
