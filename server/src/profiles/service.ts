import { isDeepStrictEqual } from 'node:util';
import type { Db, Tx } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { validationError } from '../platform/errors.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import type { WriteStamp } from '../writes/revisions.ts';
import { type WriteContext, write } from '../writes/write.ts';
import { profileFields } from './columns.ts';
import type { Profile, ProfilePatch } from './model.ts';
import { findProfile, lockAccount, updateAccountNames, upsertProfile } from './queries.ts';

/**
 * Merge patch (RFC 7396); one that changes nothing is no write.
 * @throws AppError VALIDATION_ERROR when it would take a name from an account, or change what is read-only.
 */
export function patchProfile(
  db: Db,
  userId: string,
  context: WriteContext,
  patch: ProfilePatch,
): Promise<Profile> {
  const { id, email, email_verified, role, created_at, ...changes } = patch;
  const change = async (tx: Tx, { revision }: WriteStamp) => {
    const before = await findProfile(tx, userId);
    // An old copy may say less than what is so now: no verified address, no role, nothing stored yet. Nobody claims
    // more.
    checkReadOnlyFields(before, {
      id,
      email,
      created_at: created_at ?? undefined,
      email_verified: email_verified || undefined,
      role: role === 'user' ? undefined : role,
    });
    const after = { ...before, ...changes };
    if (isDeepStrictEqual(before, after)) throw unchanged(before);
    const fields = profileFields.pick(after);
    if (before.email === null) {
      await upsertProfile(tx, userId, revision, fields);
    } else {
      const { first_name, last_name } = fields;
      if (first_name === null || last_name === null) throw namesRequired(changes);
      await updateAccountNames(tx, userId, first_name, last_name);
      await upsertProfile(tx, userId, revision, { ...fields, first_name: null, last_name: null });
    }
    return findProfile(tx, userId);
  };
  // A change of the account itself locks the account, then, by a trigger, the owner.
  const lockFirst = (tx: Tx) => lockAccount(tx, userId);
  return write(db, userId, context, { action: 'profile.update' }, change, lockFirst);
}

const namesRequired = (changes: ProfilePatch) =>
  validationError(
    (['first_name', 'last_name'] as const)
      .filter((field) => changes[field] === null)
      .map((field) => ({ loc: ['body', field], msg: 'must not be null for an account', type: 'type' })),
  );
