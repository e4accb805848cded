import type { Refusal } from '@duly/client/offline';
import { createStore } from './store.ts';

const store = createStore<readonly Refusal[]>([]);

/** Writes that the server refused for good, and that are undone here, until the user has seen them. */
export const refusals = {
  get: store.get,
  subscribe: store.subscribe,
  add: (refusal: Refusal) => store.set([...store.get(), refusal]),
  clear: () => store.set([]),
};
