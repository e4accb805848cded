import type { Conflict, Resolution } from '@duly/client/offline';
import { createStore } from './store.ts';

export interface OpenConflict {
  conflict: Conflict;
  resolve(resolution: Resolution): void;
}

const store = createStore<readonly OpenConflict[]>([]);

/** Conflicts that wait for a person. What comes after them in the queue waits too. */
export const conflicts = {
  get: store.get,
  subscribe: store.subscribe,
  ask: (conflict: Conflict): Promise<Resolution> =>
    new Promise((resolve) => {
      const open: OpenConflict = {
        conflict,
        resolve(resolution) {
          store.set(store.get().filter((one) => one !== open));
          resolve(resolution);
        },
      };
      store.set([...store.get(), open]);
    }),
};
