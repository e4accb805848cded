import type { Item, QueuedWrite } from './types.ts';

/** Set by the server, or moved along with other items: never a conflict. */
const derived = new Set(
  'version updated_at created_at user_id position progress reminder_count due_at completed_at archived_at'
    .concat(' next_at fired_at snoozed_until')
    .split(' '),
);

export const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Fields that users set and that differ, as they are in `to`. */
export const changedFields = (from: Item, to: Item): Item =>
  Object.fromEntries(
    Object.entries(to).filter(([name, value]) => !derived.has(name) && !isEqual(value, from[name])),
  );

/**
 * The fields of an update that are left to send, and those that both sides have changed to different values.
 * `waiting` has the values of the later updates too.
 */
export function mergeUpdate(write: QueuedWrite, waiting: Item, theirs: Item) {
  const { fields, base = theirs } = write;
  // It names what is completed; it is no change of its own.
  const names = Object.keys(fields).filter((name) => name !== 'occurrence');
  const changed = names.filter((name) => !isEqual(base[name], theirs[name]));
  const contested = changed.filter((name) => !isEqual(waiting[name], theirs[name]));
  const rest = filterFields(fields, (name) => names.includes(name) && !isEqual(fields[name], theirs[name]));
  const isCompletion = rest.completed === true && 'occurrence' in fields;
  return {
    fields: isCompletion ? { ...rest, occurrence: fields.occurrence } : rest,
    contested,
    /** Whatever is decided now holds for the later updates too. */
    seen: filterFields(theirs, (name) => changed.includes(name)),
  };
}

export const filterFields = (fields: Item, isWanted: (name: string) => boolean): Item =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => isWanted(name)));

/** A deletion is contested by any change that the user did not see. */
export const contestsDeletion = ({ base }: QueuedWrite, theirs: Item): boolean =>
  base !== undefined && Object.keys(changedFields(base, theirs)).length > 0;
