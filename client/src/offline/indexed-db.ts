import { randomId } from '../random-id.ts';
import type { Store } from './store.ts';

const table = 'entries';
/** Has another value after each `clear`. */
const clearedKey = 'cleared';

// The parts of IndexedDB that are used, so that apps need no types of the DOM.
interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: unknown;
  onerror: unknown;
}

interface Table {
  get(key: string): Request<unknown>;
  getAllKeys(): Request<unknown[]>;
  getAll(): Request<unknown[]>;
  put(value: unknown, key: string): unknown;
  delete(key: string): unknown;
  clear(): unknown;
}

interface Transaction {
  readonly error: unknown;
  oncomplete: unknown;
  onabort: unknown;
  abort(): void;
  objectStore(name: string): Table;
}

interface Database {
  onversionchange: unknown;
  onclose: unknown;
  close(): void;
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite', options: { durability: 'strict' }): Transaction;
}

interface Factory {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: unknown };
}

const platform: { fetch: unknown; indexedDB?: Factory } = globalThis;

const resultOf = <T>(request: Request<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const endOf = (transaction: Transaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

/** A database of its own. Each user needs another `name`, such as `duly-${userId}`. */
export function indexedDbStore(name: string, factory: Factory | undefined = platform.indexedDB): Store {
  let opened: Promise<Database> | undefined;
  /** The last `clear` that is known here. */
  let cleared: unknown;

  async function open(): Promise<Database> {
    if (factory === undefined) throw new Error('This platform has no IndexedDB');
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table);
    return resultOf(request).then((database) => {
      const forget = () => {
        opened = undefined;
      };
      database.onclose = forget;
      // Another part of the page wants to delete the database, and waits for this connection.
      database.onversionchange = () => {
        forget();
        database.close();
      };
      return database;
    });
  }

  async function begin(mode: 'readonly' | 'readwrite'): Promise<Transaction> {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    // Without it, Chromium reports a write as done before it is on the disk.
    return (await opened).transaction(table, mode, { durability: 'strict' });
  }

  return {
    name,
    async load() {
      const entries = (await begin('readonly')).objectStore(table);
      const [keys, values] = await Promise.all([resultOf(entries.getAllKeys()), resultOf(entries.getAll())]);
      const loaded = new Map(keys.map((key, index) => [String(key), values[index]]));
      cleared = loaded.get(clearedKey);
      loaded.delete(clearedKey);
      return loaded;
    },
    async save(changes) {
      const transaction = await begin('readwrite');
      const entries = transaction.objectStore(table);
      const stored = await resultOf(entries.get(clearedKey));
      // It is missing also where the browser has deleted the database, which is made anew.
      if (stored && stored !== cleared) return false;
      try {
        for (const [key, value] of changes)
          if (value === undefined) entries.delete(key);
          else entries.put(value, key);
      } catch (error) {
        // A value that cannot be stored ends nothing by itself.
        transaction.abort();
        throw error;
      }
      return endOf(transaction);
    },
    async clear() {
      const transaction = await begin('readwrite');
      const entries = transaction.objectStore(table);
      cleared = randomId();
      entries.clear();
      entries.put(cleared, clearedKey);
      await endOf(transaction);
    },
  };
}
