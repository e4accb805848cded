import { importPublicKey, type VerificationKey } from './public-key.ts';

/** Keys that come from elsewhere and change at times. */
export interface KeySet {
  /**
   * @returns the key of that id; null when there is none.
   * @throws what the last load threw, when it failed and the key is not among those from before: it may exist.
   */
  find(keyId: string): Promise<VerificationKey | null>;
  /** Loads again in the background what is old. */
  refresh(): void;
}

export interface KeySetOptions {
  /** The members of a JWK set (RFC 7517 §5). */
  load(): Promise<readonly unknown[]>;
  algorithms: ReadonlySet<string>;
  /** How soon a load that failed may be tried again. */
  retryMs: number;
  /** Called when a load brought other keys than the one before. */
  onChange(): void;
}

/** An unknown id is asked for at most this often, however many tokens name one. */
const reloadMs = 30_000;
const refreshMs = 10 * 60_000;

/** The keys of the last load that worked. One load at a time, and none more often than the constants above say. */
export function createKeySet({ load, algorithms, retryMs, onChange }: KeySetOptions): KeySet {
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  let fingerprint = '';
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;
  let loading: Promise<void> | null = null;

  async function reload(): Promise<void> {
    loadedAt = performance.now();
    try {
      const members = await load();
      failure = null;
      const loaded = JSON.stringify(members);
      if (loaded === fingerprint) return;
      keys = usableKeys(members, algorithms);
      fingerprint = loaded;
      onChange();
    } catch (error) {
      failure = error;
    }
  }

  function loadWhenOlderThan(ms: number): void {
    if (performance.now() - loadedAt < (failure === null ? ms : retryMs)) return;
    loading ??= reload().finally(() => {
      loading = null;
    });
  }

  return {
    async find(keyId) {
      if (!keys.has(keyId)) {
        loadWhenOlderThan(reloadMs);
        await loading;
      }
      const key = keys.get(keyId);
      if (key === undefined && failure !== null) throw failure;
      return key ?? null;
    },
    refresh: () => loadWhenOlderThan(refreshMs),
  };
}

/** An id that two keys share names neither. */
function usableKeys(members: readonly unknown[], algorithms: ReadonlySet<string>) {
  const usable = members.map((jwk) => importPublicKey(jwk, algorithms)).filter((entry) => entry !== null);
  const ids = usable.map(([id]) => id);
  return new Map(usable.filter(([id]) => ids.indexOf(id) === ids.lastIndexOf(id)));
}
