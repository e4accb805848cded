import type { TestApp } from '../../../server/test/support/app.ts';
import type { Random } from '../../../server/test/support/random.ts';
import { type ClientOptions, createDuly, DulyError } from '../../src/index.ts';
import { type Offline, type OfflineOptions, openOffline, type Store } from '../../src/offline/index.ts';

const retry = { attempts: 2, firstWaitMs: 5, maxWaitMs: 50 };

/** Keeps text, as a disk does: nothing of it is shared with the client. */
export function textStore(): Store & { entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    load: async () => new Map([...entries].map(([key, text]) => [key, JSON.parse(text)])),
    async save(changes) {
      for (const [key, value] of changes)
        if (value === undefined) entries.delete(key);
        else entries.set(key, JSON.stringify(value));
    },
    clear: async () => entries.clear(),
  };
}

interface DeviceOptions extends Partial<OfflineOptions>, Partial<Pick<ClientOptions, 'url' | 'fetch'>> {}

/** A device whose app can be closed and opened again: only its store stays. */
export function createDevice(
  app: Pick<TestApp, 'url'>,
  { token }: { token: string },
  { url = app.url, fetch, store = textStore(), ...options }: DeviceOptions = {},
) {
  const duly = createDuly({ url, token, retry, ...(fetch && { fetch }) });
  return { store, duly, open: (): Promise<Offline> => openOffline({ duly, store, ...options }) };
}

/**
 * Opens the app again after each failure of the network, until everything is exchanged.
 * @param untilUp what to wait for after a failure
 */
export async function untilSynced(
  open: () => Promise<Offline>,
  untilUp: () => Promise<void> = async () => undefined,
): Promise<Offline> {
  for (;;) {
    const offline = await open();
    try {
      await offline.sync();
      return offline;
    } catch (error) {
      if (!(error instanceof DulyError) || (error.status !== 0 && error.status < 500)) throw error;
      await offline.close();
      await untilUp();
    }
  }
}

/** A network that loses requests and responses. */
export const onATrain =
  (random: Random): typeof fetch =>
  async (...request) => {
    if (random.chance(0.2)) throw new TypeError('no network');
    const response = await fetch(...request);
    if (random.chance(0.2)) {
      await response.arrayBuffer();
      throw new TypeError('the connection was lost');
    }
    return response;
  };

export const titlesOf = (offline: Offline): string[] => offline.tasks.all().map(({ title }) => title);
