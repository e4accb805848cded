import { preconditionFailed, versionConflict } from '../platform/errors.ts';
import { checkReadOnlyFields } from './read-only-fields.ts';

/** The condition of a write to an item. Without `version` and `ifMatch` it applies to the newest row. */
export interface WriteCondition {
  /** From the body. If the item has another version, the response is 409. */
  version?: number | undefined;
  /**
   * From `If-Match`: versions or whole entity tags, without quotes, or `*` for any. If none is the item's, the response
   * is 412.
   */
  ifMatch?: readonly string[] | '*' | undefined;
  /** Read-only fields of a client that sends the whole item back. */
  readOnlyFields?: { [Field in 'id' | 'user_id' | 'created_at']?: string | undefined };
  /** The `updated_at` of that whole item. Without `version` and `ifMatch`, one before the stored one is a 409. */
  updatedAt?: string | undefined;
}

/** An item with a version, as in responses. */
interface VersionedItem extends TaggedItem {
  id: string;
  user_id?: string;
  created_at: string;
  updated_at: string;
}

interface TaggedItem extends UnversionedFields {
  version: number;
}

/** What may change without the version: of a task, and of a reminder. */
interface UnversionedFields {
  progress?: { done: number; total: number } | null;
  reminder_count?: number;
  snoozed_until?: string | null;
  next_at?: string | null;
  fired_at?: string | null;
}

/** The entity tag of an item, without quotes: equal tags are equal items. */
export const entityTagOf = ({ version, progress, reminder_count: count, ...times }: TaggedItem): string => {
  const { next_at, snoozed_until, fired_at } = times;
  return [
    version,
    ...(progress ? [progress.done, progress.total] : []),
    ...(count ? [`r${count}`] : []),
    ...tagOf('n', next_at),
    ...tagOf('s', snoozed_until),
    ...tagOf('f', fired_at),
  ].join('-');
};

const tagOf = (letter: string, time: string | null | undefined) =>
  time ? [`${letter}${Date.parse(time).toString(36)}`] : [];

/**
 * @param noun its `type` in the registry of nouns
 * @throws AppError VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function checkCondition(
  noun: string,
  current: VersionedItem,
  { version, ifMatch, readOnlyFields = {}, updatedAt }: WriteCondition,
): void {
  checkReadOnlyFields(current, readOnlyFields);
  const tags = [`${current.version}`, entityTagOf(current)];
  if (ifMatch !== undefined && ifMatch !== '*' && !tags.some((tag) => ifMatch.includes(tag)))
    throw preconditionFailed(noun, current);
  if (version !== undefined && version !== current.version) throw versionConflict(noun, current);
  const isStale = updatedAt !== undefined && Date.parse(updatedAt) < Date.parse(current.updated_at);
  if (isStale && version === undefined && ifMatch === undefined) throw versionConflict(noun, current);
}
