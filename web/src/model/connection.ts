import { createStore } from './store.ts';

export interface Connection {
  /** Whether the last exchange failed for want of a network or a server. */
  isDown: boolean;
  /** The session has ended: what is written here waits for another sign-in. */
  isExpired: boolean;
}

const store = createStore<Connection>({ isDown: false, isExpired: false });
const change = (fields: Partial<Connection>) => {
  const next = { ...store.get(), ...fields };
  if (next.isDown !== store.get().isDown || next.isExpired !== store.get().isExpired) store.set(next);
};

/** What is known of the way to the server. */
export const connection = {
  get: store.get,
  subscribe: store.subscribe,
  setExpired: (isExpired: boolean) => change({ isExpired, ...(!isExpired && { isDown: false }) }),
  setDown: (isDown: boolean) => change({ isDown }),
};
