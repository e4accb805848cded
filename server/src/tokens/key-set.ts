import { importPublicKey, type VerificationKey } from './public-key.ts';

/** The public keys of one issuer, loaded on demand. */
export interface KeySet {
  /**
   * @returns null when the issuer has no such key.
   * @throws the error of the last load, when it failed and the key is not cached: the key may exist.
   */
  find(keyId: string): Promise<VerificationKey | null>;
  /** Reloads keys older than 10 min in the background. */
  refresh(): void;
}

export interface KeySetOptions {
  /** The members of a JWK set (RFC 7517 §5). */
  load(): Promise<readonly unknown[]>;
  algorithms: ReadonlySet<string>;
  /** Minimum time between a failed load and the next. */
  retryMs: number;
  /** Called when a load returned other keys than the last. */
  onChange(): void;
}

/** Minimum time between loads for unknown key ids, however many tokens name one. */
const reloadMs = 30_000;
const refreshMs = 10 * 60_000;

/** Caches the keys of the last successful load. Concurrent calls share one load. */
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

/** Leaves out key ids that occur twice: they identify no key. */
function usableKeys(members: readonly unknown[], algorithms: ReadonlySet<string>) {
  const usable = members.map((jwk) => importPublicKey(jwk, algorithms)).filter((entry) => entry !== null);
  const ids = usable.map(([id]) => id);
  return new Map(usable.filter(([id]) => ids.indexOf(id) === ids.lastIndexOf(id)));
}
