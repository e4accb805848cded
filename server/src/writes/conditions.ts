import { preconditionFailed, versionConflict } from '../platform/errors.ts';
import { checkReadOnlyFields } from './read-only-fields.ts';

/** The condition of a write to an item. Without `version` and `ifMatch` it applies to the newest row. */
export interface WriteCondition {
  /** From the body. If the item has another version, the response is 409. */
  version?: number | undefined;
  /** From `If-Match`: versions, or `*` for any. If the item has another version, the response is 412. */
  ifMatch?: readonly number[] | '*' | undefined;
  /** Read-only fields of a client that sends the whole item back. */
  readOnlyFields?: { [Field in 'id' | 'user_id' | 'created_at']?: string | undefined };
  /** Of that copy. Without `version` and `ifMatch`, an earlier time than the stored one is a 409. */
  updatedAt?: string | undefined;
}

/** An item with a version, as in responses. */
interface VersionedItem {
  id: string;
  user_id: string;
  version: number;
  created_at: string;
  updated_at: string;
}

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
  if (ifMatch !== undefined && ifMatch !== '*' && !ifMatch.includes(current.version))
    throw preconditionFailed(noun, current);
  if (version !== undefined && version !== current.version) throw versionConflict(noun, current);
  const isStale = updatedAt !== undefined && Date.parse(updatedAt) < Date.parse(current.updated_at);
  if (isStale && version === undefined && ifMatch === undefined) throw versionConflict(noun, current);
}
