import { isItem } from './merge.ts';
import type { StoreChanges } from './store.ts';
import type { Item, QueuedWrite } from './types.ts';

const cursorKey = 'cursor';
/** The key of an item, by the type and id that the feed has. */
export const itemKey = (type: string, id: string): string => `item ${type} ${id}`;
/** A deleted item, as the server's trash has it. */
export const trashKey = (type: string, id: string): string => `trash ${type} ${id}`;
export const queueKey = ({ order }: Pick<QueuedWrite, 'order'>): string => `queue ${order}`;
/** The key under which the server's id of a temporary id is stored. */
export const idKey = (temporaryId: string): string => `id ${temporaryId}`;

const isQueuedWrite = (value: unknown): value is QueuedWrite => isItem(value) && 'order' in value;

/**
 * What the store has, in memory: the mirror of the server's items, and the queue of writes that the server has not
 * answered yet. Its only way to change is `apply`, with the same changes that are stored.
 */
export function createState() {
  const mirror = new Map<string, Map<string, Item>>();
  const trash = new Map<string, Map<string, Item>>();
  const queue = new Map<string, QueuedWrite>();
  const ids = new Map<string, string>();
  /** Temporary ids by the server's ids. */
  const firstIds = new Map<string, string>();
  let cursor: string | null = null;
  let sorted: readonly QueuedWrite[] | undefined;

  function applyItem(types: typeof mirror, type: string, id: string, value: unknown): void {
    const items = types.get(type) ?? new Map<string, Item>();
    types.set(type, items);
    if (isItem(value)) items.set(id, value);
    else items.delete(id);
  }

  function applyOne(key: string, value: unknown): void {
    const [kind, name = '', ...rest] = key.split(' ');
    if (kind === 'item') applyItem(mirror, name, rest.join(' '), value);
    else if (kind === 'trash') applyItem(trash, name, rest.join(' '), value);
    else if (kind === 'queue') {
      sorted = undefined;
      if (isQueuedWrite(value)) queue.set(name, value);
      else queue.delete(name);
    } else if (kind === 'id') {
      ids.set(name, String(value));
      firstIds.set(String(value), name);
    } else if (key === cursorKey) cursor = typeof value === 'string' ? value : null;
  }

  const resolveId = (id: string): string => ids.get(id) ?? id;
  /** Replaces temporary ids by the server's, where those are known; also in the parameters of a view. */
  const resolveIds = (fields: Item): Item =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => {
        if (typeof value === 'string') return [name, resolveId(value)];
        return [name, isItem(value) ? resolveIds(value) : value];
      }),
    );
  return {
    apply(changes: StoreChanges): void {
      for (const [key, value] of changes) applyOne(key, value);
    },
    clear(): void {
      for (const map of [mirror, trash, queue, ids, firstIds]) map.clear();
      cursor = null;
      sorted = undefined;
    },
    cursor: () => cursor,
    items: (type: string): ReadonlyMap<string, Item> => mirror.get(type) ?? new Map(),
    /** The known deleted items, by id. */
    trash: (type: string): ReadonlyMap<string, Item> => trash.get(type) ?? new Map(),
    /** The oldest first. */
    queue(): readonly QueuedWrite[] {
      sorted ??= [...queue.values()].sort((a, b) => (a.order < b.order ? -1 : 1));
      return sorted;
    },
    resolveId,
    /** The temporary id of an item that was created here, else its own: the same before and after it was sent. */
    keyOf: (id: string): string => firstIds.get(id) ?? id,
    isCreatedHere: (id: string): boolean => firstIds.has(id),
    resolveIds,
    /** The changes that make mirror and trash empty, but leave the queue. */
    emptyMirror: (): [string, undefined][] => [...keysOf(mirror, itemKey), ...keysOf(trash, trashKey)],
    atCursor: (next: string): [string, string] => [cursorKey, next],
  };
}

const keysOf = (
  types: ReadonlyMap<string, ReadonlyMap<string, Item>>,
  keyOf: typeof itemKey,
): [string, undefined][] =>
  [...types].flatMap(([type, items]) =>
    [...items.keys()].map((id): [string, undefined] => [keyOf(type, id), undefined]),
  );

export type State = ReturnType<typeof createState>;
