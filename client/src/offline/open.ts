import type { Duly } from '../client.ts';
import { type Collections, createCollections } from './collections.ts';
import type { Hooks } from './push.ts';
import { createQuery, type Query } from './query.ts';
import { openReplica } from './replica.ts';
import { memoryStore, type Store } from './store.ts';
import { createSync } from './sync.ts';

export interface OfflineOptions extends Hooks {
  duly: Duly;
  /** Where data is stored; by default in memory only. */
  store?: Store;
  /** Called after each failure while it keeps in sync. It tries again by itself. */
  onError?: (error: unknown) => void;
}

export interface Offline extends Collections {
  /** A value made of the data, computed again only after a change. */
  query<T>(select: (collections: Collections) => T): Query<T>;
  /** Calls the listener after each change of the data, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** How many writes the server has not answered yet. */
  pending(): number;
  /**
   * Sends what waits, then reads the feed to its end. Leaves that to another tab if one keeps in sync.
   * @throws DulyError
   */
  sync(): Promise<void>;
  /** Keeps in sync until it is closed; of several tabs, one does so for all. */
  start(): void;
  close(): Promise<void>;
  /** Deletes everything that is stored, with the writes that wait, and closes, in all tabs. */
  signOut(): Promise<void>;
}

/** Opens what the store has. Reads and writes need no network; `start` or `sync` exchanges them with the server. */
export async function openOffline({
  duly,
  store = memoryStore(),
  ...options
}: OfflineOptions): Promise<Offline> {
  const replica = await openReplica(store);
  const sync = createSync({ duly, hooks: options, replica, onError: options.onError });
  const { source, state, shown, tabs } = replica;
  const collections = createCollections({
    ...source,
    enqueue: (...write) => source.enqueue(...write).then(sync.wake),
  });

  async function close(): Promise<void> {
    await sync.close();
    await replica.close();
    tabs.close();
  }

  replica.setOnMessage((message) => {
    if (message.type === 'signOut') {
      // From now on nothing is stored, also no answer that is still to come.
      void replica.close();
      void close();
    } else if (state.queue().length > 0) sync.wake();
  });
  return {
    ...collections,
    query: (select) => createQuery(() => select(collections), shown.changeCount, shown.subscribe),
    subscribe: shown.subscribe,
    pending: () => state.queue().length,
    sync: sync.sync,
    start: sync.start,
    close,
    async signOut() {
      tabs.post({ type: 'signOut' });
      await close();
      // Once the tab that leads has ended, nobody stores anything any more.
      await tabs.lead(new AbortController().signal, replica.clear);
    },
  };
}
