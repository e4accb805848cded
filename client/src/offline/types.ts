import type { DulyError } from '../errors.ts';
import type { Change, Input } from '../types.ts';

/** The type of an item, by the name of its noun in the feed. */
export type Items = {
  [Type in Change['type']]: Extract<Change, { type: Type }> extends { [Key in Type]?: infer Item }
    ? NonNullable<Item>
    : never;
};
export type Noun = keyof Items;

/** An item whose type is not known here. */
export type Item = Readonly<Record<string, unknown>>;

/** The nouns that can be written offline, and the fields that their writes take. */
export interface Inputs {
  task: { create: Input<'createTask'>; update: Fields<'updateTask'>; delete: Fields<'deleteTask'> };
  project: {
    create: Input<'createProject'>;
    update: Fields<'updateProject'>;
    delete: Fields<'deleteProject'>;
  };
  section: {
    create: Input<'createSection'> & { project_id: string };
    update: Fields<'updateSection'>;
    delete: Fields<'deleteSection'>;
  };
  view: { create: Input<'createView'>; update: Fields<'updateView'>; delete: Fields<'deleteView'> };
  reminder: {
    create: Input<'createReminder'> & { task_id: string };
    update: Fields<'updateReminder'>;
    delete: Fields<'deleteReminder'>;
  };
}
export type WritableNoun = keyof Inputs;

/** Nouns that the server has a trash of. */
export type TrashedNoun = Exclude<WritableNoun, 'reminder'>;
/** A deleted item, as the lists of the server's trash have it. */
export type Deleted<N extends TrashedNoun> = Items[N] & { deleted_at: string };

/** The client itself sends the version. */
export type Fields<Id extends ConditionalOperation> = Omit<Input<Id>, 'version'>;
type ConditionalOperation =
  | `${'update' | 'delete' | 'move'}${'Task' | 'Project' | 'Section' | 'View'}`
  | `${'update' | 'delete'}Reminder`;

export type WriteOperation = 'create' | 'update' | 'move' | 'skip' | 'undo' | 'delete' | 'restore';

/** A write that waits until the server has answered it. */
export interface QueuedWrite {
  /** Its place in the queue, compared as text. Names the write. */
  order: string;
  /** Its Idempotency-Key. */
  key: string;
  noun: WritableNoun;
  op: WriteOperation;
  /** May be temporary. */
  id: string;
  fields: Item;
  /** The server's item that the user saw, of a restore the deleted one; absent if the server does not have it yet. */
  base?: Item;
  /**
   * Once it may have been sent: since when, with which version, and how often the server has failed at it. From then on
   * it is sent unchanged.
   */
  sent?: { at: number; version?: unknown; faults?: number } | undefined;
}

/** Both sides have changed the same fields of an item, or one has deleted what the other has changed. */
export type Conflict = {
  [N in WritableNoun]: {
    noun: N;
    id: string;
    /** The item that both sides started from. */
    base: Items[N];
    /** The item with the queued change; null: deleted here. */
    mine: Items[N] | null;
    /** The server's item. */
    theirs: Items[N];
    /** The fields that both sides changed to different values. Fields that one side changed are merged already. */
    fields: readonly string[];
  };
}[WritableNoun];

/** Whose values win. An object has values for contested fields; fields that it leaves out get the server's. */
export type Resolution = 'mine' | 'theirs' | Readonly<Record<string, unknown>>;

/** A write that the server refused for good, or failed at too often, and that is undone here. */
export interface Refusal {
  noun: WritableNoun;
  op: WriteOperation;
  id: string;
  fields: Item;
  error: DulyError;
}
