/** Keys with their new values; undefined deletes the key. */
export type StoreChanges = ReadonlyMap<string, unknown>;

/** Durable keys and values. A value is whatever `structuredClone` takes. */
export interface Store {
  /** Tabs whose stores have the same name share one: one of them syncs for all. Without a name it is not shared. */
  readonly name?: string;
  /** Everything that is stored. */
  load(): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Resolves once all changes are durable. Either all of them are made or none.
   * @returns false, with nothing stored, if another tab has cleared the store since it was loaded here
   */
  save(changes: StoreChanges): Promise<unknown>;
  clear(): Promise<void>;
}

export function applyTo(entries: Map<string, unknown>, changes: StoreChanges): void {
  for (const [key, value] of changes)
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
}

/** Lasts as long as the process. `initial` is what another one had. */
export function memoryStore(initial: Iterable<readonly [string, unknown]> = []): Store {
  const entries = new Map(initial);
  return {
    load: async () => new Map(entries),
    save: async (changes) => applyTo(entries, changes),
    clear: async () => entries.clear(),
  };
}
