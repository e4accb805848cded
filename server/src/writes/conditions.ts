import { preconditionFailed, versionConflict } from '../platform/errors.ts';
import { checkReadOnlyFields } from './read-only-fields.ts';

/** What a write to an item is conditional on; with neither version nor tag it applies to the newest row. */
export interface WriteCondition {
  /** From the body: another version is answered with 409. */
  version?: number | undefined;
  /** From `If-Match`: versions any of which will do, or `*`; none of them is answered with 412. */
  ifMatch?: readonly number[] | '*' | undefined;
  /** What a client that sends the whole item back says of fields that it cannot change. */
  readOnlyFields?: { [Field in 'id' | 'user_id' | 'created_at']?: string | undefined };
  /** Of that copy. With neither of the above, a time before the stored one is answered with 409. */
  updatedAt?: string | undefined;
}

/** An item that has versions, as it is answered. */
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
