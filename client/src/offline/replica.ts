import type { Source } from './collections.ts';
import { createWriter } from './enqueue.ts';
import { showState } from './shown-state.ts';
import { createState, queueKey } from './state.ts';
import type { Store, StoreChanges } from './store.ts';
import { openTabs, type TabMessage } from './tabs.ts';
import { changesOfTrash } from './trash.ts';
import { createTurns } from './turns.ts';

const closed = () => new Error('It is closed');

/** The state of one tab, its store, and the other tabs. */
export async function openReplica(store: Store) {
  const state = createState();
  const shown = showState(state);
  const newWrite = createWriter(state, shown);
  /** Changes are stored one after the other, so that memory and store are the same. */
  const { inTurn, ended } = createTurns();
  let isClosed = false;
  let onMessage: ((message: TabMessage) => void) | undefined;
  /** Messages of other tabs that arrive while the store is read; null: it is not being read. */
  let early: TabMessage[] | null = null;
  const tabs = openTabs(store.name, (message) => {
    if (early === null) receive(message);
    else early.push(message);
  });

  function clear(): void {
    state.clear();
    shown.changed();
  }

  function apply(changes: StoreChanges): void {
    state.apply(changes);
    shown.changed();
  }

  function receive(message: TabMessage): void {
    if (message.type === 'signOut') clear();
    else apply(message.changes);
    onMessage?.(message);
  }

  const reload = () =>
    inTurn(async () => {
      early = [];
      const stored = await store.load();
      state.clear();
      apply(stored);
      early.splice(0).forEach(receive);
      early = null;
    });

  /** Makes changes durable, then shows them, here and in the other tabs. */
  const commit = (decide: () => Iterable<readonly [string, unknown]>) =>
    inTurn(async () => {
      if (isClosed) throw closed();
      const changes = new Map(decide());
      if (changes.size === 0) return;
      if ((await store.save(changes)) === false) {
        // The message of the tab that signed out may come later, or never.
        receive({ type: 'signOut' });
        throw closed();
      }
      apply(changes);
      tabs.post({ type: 'changes', changes });
    });

  const source: Source = {
    ...{ shown: shown.items, deleted: shown.deleted, waiting: shown.waiting },
    rememberTrash: (noun, items) => commit(() => changesOfTrash(state, noun, items)),
    stored: (noun, id) => state.items(noun).get(state.resolveId(id)),
    resolveId: state.resolveId,
    keyOf: state.keyOf,
    enqueue: (...args) =>
      commit(() => {
        const write = newWrite(...args);
        return write ? [[queueKey(write), write]] : [];
      }),
  };
  await reload();
  return {
    ...{ state, shown, source, tabs, reload, commit },
    /** After a change by another tab. */
    setOnMessage(handle: (message: TabMessage) => void): void {
      onMessage = handle;
    },
    close(): Promise<unknown> {
      isClosed = true;
      return ended();
    },
    async clear(): Promise<void> {
      await store.clear();
      clear();
    },
  };
}

export type Replica = Awaited<ReturnType<typeof openReplica>>;
