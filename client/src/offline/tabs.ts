import type { StoreChanges } from './store.ts';

/** What a tab tells the others that share its store. */
export type TabMessage = { type: 'changes'; changes: StoreChanges } | { type: 'signOut' };

export interface Tabs {
  /** Runs as soon as no other tab leads, until the signal is aborted. */
  lead(signal: AbortSignal, run: () => Promise<void>): Promise<void>;
  /** Runs if no other tab leads. */
  tryLead(run: () => Promise<void>): Promise<void>;
  post(message: TabMessage): void;
  close(): void;
}

/** Without a name, or where the platform lacks locks or channels, each tab leads. */
export function openTabs(name: string | undefined, onMessage: (message: TabMessage) => void): Tabs {
  const channel =
    name === undefined || typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name);
  // A tab that leads has to be told what the others write.
  const locks = channel && globalThis.navigator?.locks;
  if (channel !== undefined) channel.onmessage = ({ data }) => onMessage(data);
  // Node would not end as long as the channel is open.
  if (channel !== undefined && 'unref' in channel && typeof channel.unref === 'function') channel.unref();
  const lock = `duly ${name}`;
  return {
    async lead(signal, run) {
      // Tabs that all lead send the same writes with the same keys, so each is done once.
      if (locks === undefined) return run();
      await locks.request(lock, { signal }, run).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    async tryLead(run) {
      if (locks === undefined) return run();
      await locks.request(lock, { ifAvailable: true }, async (granted) => {
        if (granted !== null) await run();
      });
    },
    post: (message) => channel?.postMessage(message),
    close: () => channel?.close(),
  };
}
