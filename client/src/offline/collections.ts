import { randomId } from '../random-id.ts';
import type {
  Deleted,
  Fields,
  Inputs,
  Item,
  Items,
  Noun,
  TrashedNoun,
  WritableNoun,
  WriteOperation,
} from './types.ts';

export interface Reads<N extends Noun> {
  /** All items as the user sees them, in the manual order if there is one. */
  all(): readonly Items[N][];
  /** @param id the server's id or a temporary one */
  get(id: string): Items[N] | undefined;
  /**
   * The id under which the item was first seen here. It stays the same when a new item gets its id from the server, so
   * it is the key of what is shown of the item, and of what a user has chosen or opened.
   */
  keyOf(id: string): string;
}

export interface Writes<N extends WritableNoun> extends Reads<N> {
  /** Ids of the items with writes that the server has not answered yet. */
  waiting(): readonly string[];
  /** @returns a temporary id, which stays valid */
  create(fields: Inputs[N]['create']): Promise<string>;
  /**
   * @param seen the values of these fields when the user began to edit them; by default those that are shown now. A
   * change that came while a text was typed is then overwritten; with `seen` it is a conflict.
   */
  update(id: string, fields: Inputs[N]['update'], seen?: Inputs[N]['update']): Promise<void>;
  delete(
    id: string,
    ...rest: object extends Inputs[N]['delete']
      ? [fields?: Inputs[N]['delete']]
      : [fields: Inputs[N]['delete']]
  ): Promise<void>;
}

export interface Trashed<N extends TrashedNoun> {
  /**
   * The deleted items, the newest deletion first, as far as this device has learnt of them by the feed or by
   * `rememberTrash`.
   */
  trash(): readonly Deleted<N>[];
  /** Brings an item of `trash()` back, with what was deleted with it. Nothing happens if it is not there. */
  restore(id: string): Promise<void>;
  /** Replaces the known trash. @param items a whole list of the server's trash */
  rememberTrash(items: readonly Deleted<N>[]): Promise<void>;
}

export interface Movable<Fields> {
  /** Moves an item among its siblings. The last move wins. */
  move(id: string, fields: Fields): Promise<void>;
}

export interface Tasks extends Writes<'task'>, Movable<Fields<'moveTask'>>, Trashed<'task'> {
  /** Completes a task; of a repeating task the occurrence that is shown, never the one after it. */
  complete(id: string, completed?: boolean): Promise<void>;
  /** Moves a repeating task on without a completion. */
  skip(id: string): Promise<void>;
  /** Takes the newest done or skipped occurrence back, if it is the one of this date. */
  undo(id: string, occurrence: string): Promise<void>;
}

export interface Collections {
  tasks: Tasks;
  projects: Writes<'project'> & Movable<Fields<'moveProject'>> & Trashed<'project'>;
  sections: Writes<'section'> & Movable<Fields<'moveSection'>> & Trashed<'section'>;
  views: Writes<'view'> & Movable<Fields<'moveView'>> & Trashed<'view'>;
  reminders: Writes<'reminder'>;
  occurrences: Reads<'occurrence'>;
  tags: Reads<'tag'>;
  channels: Reads<'channel'>;
  profiles: Reads<'profile'>;
}

/** The data that the collections read and write. */
export interface Source {
  shown(noun: Noun): ReadonlyMap<string, Item>;
  /** Deleted items as the user sees them. */
  deleted(noun: Noun): ReadonlyMap<string, Item>;
  waiting(noun: Noun): readonly string[];
  rememberTrash(noun: Noun, items: readonly Item[]): Promise<void>;
  /** The item as the server has it; undefined if it has none. */
  stored(noun: Noun, id: string): Item | undefined;
  resolveId(id: string): string;
  keyOf(id: string): string;
  enqueue(noun: WritableNoun, op: WriteOperation, id: string, fields: Item, seen?: Item): Promise<void>;
}

export function createCollections(source: Source): Collections {
  const reads = (noun: Noun) => ({
    all: () => [...source.shown(noun).values()],
    get: (id: string) => source.shown(noun).get(source.resolveId(id)),
    keyOf: source.keyOf,
  });
  const writes = (noun: WritableNoun) => ({
    ...reads(noun),
    async create(fields: Item) {
      const id = `temp-${randomId()}`;
      await source.enqueue(noun, 'create', id, fields);
      return id;
    },
    update: (id: string, fields: Item, seen?: Item) => source.enqueue(noun, 'update', id, fields, seen),
    move: (id: string, fields: Item) => source.enqueue(noun, 'move', id, fields),
    delete: (id: string, fields: Item = {}) => source.enqueue(noun, 'delete', id, fields),
    waiting: () => source.waiting(noun),
    trash: () => [...source.deleted(noun).values()].sort(byDeletion),
    restore: (id: string) => source.enqueue(noun, 'restore', id, {}),
    rememberTrash: (items: readonly Item[]) => source.rememberTrash(noun, items),
  });
  const collections = {
    tasks: createTasks(source, writes('task')),
    projects: writes('project'),
    sections: writes('section'),
    views: writes('view'),
    reminders: writes('reminder'),
    occurrences: reads('occurrence'),
    tags: reads('tag'),
    channels: reads('channel'),
    profiles: reads('profile'),
  };
  // The feed has what the types say, by the name of its type.
  return collections as unknown as Collections;
}

const byDeletion = (a: Item, b: Item): number =>
  Date.parse(String(b.deleted_at)) - Date.parse(String(a.deleted_at));

interface UntypedWrites {
  get(id: string): Item | undefined;
  update(id: string, fields: Item, seen?: Item): Promise<void>;
}

function createTasks(source: Source, tasks: UntypedWrites) {
  const occurrenceOf = (id: string) => tasks.get(id)?.occurrence ?? null;
  const act = (op: 'skip' | 'undo', id: string, occurrence: unknown) =>
    source.enqueue('task', op, id, { occurrence });
  const update = async (id: string, fields: Item, seen?: Item): Promise<void> => {
    const occurrence = occurrenceOf(id);
    if (fields.completed === undefined || occurrence === null) return tasks.update(id, fields, seen);
    if (fields.completed) return tasks.update(id, { ...fields, occurrence }, seen);
    const isSent = source.stored('task', id)?.completed === tasks.get(id)?.completed;
    if (isSent) return tasks.update(id, fields, seen);
    // The completion waits in the queue. Once it is sent, the task is at its next occurrence.
    const { completed: _, ...others } = fields;
    await act('undo', id, occurrence);
    if (Object.keys(others).length > 0) await tasks.update(id, others, seen);
  };
  return {
    ...tasks,
    update,
    complete: (id: string, completed = true) => update(id, { completed }),
    async skip(id: string) {
      const occurrence = occurrenceOf(id);
      if (occurrence !== null) await act('skip', id, occurrence);
    },
    undo: (id: string, occurrence: string) => act('undo', id, occurrence),
  };
}
