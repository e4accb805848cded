import { isDeepStrictEqual } from 'node:util';
import type { Db } from '../db/schema.ts';
import { validationError } from '../platform/errors.ts';
import { rezoneRemindersCtes } from '../reminders/restamp.ts';
import { restampDueCte } from '../tasks/restamp-due.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import { write } from '../writes/write.ts';
import { nextDigestAt } from './digest-time.ts';
import type { Profile, ProfilePatch } from './model.ts';
import { lockAccountQuery, profileBeforeQuery, setAccountNamesCte, storeProfileCte } from './queries.ts';

/**
 * Merge patch (RFC 7396). A patch that changes nothing writes nothing. Another zone moves the instants of floating
 * tasks, and reminders, and like another hour of the digest the time of the next one.
 * @param action for the audit log
 * @throws AppError VALIDATION_ERROR when it clears a name of an account, or changes a read-only field.
 */
export function patchProfile(
  db: Db,
  userId: string,
  context: WriteContext,
  patch: ProfilePatch,
  action = 'profile.update',
): Promise<WriteResult<Profile>> {
  const startedAt = new Date();
  const { id, email, email_verified, role, created_at, ...changes } = patch;
  return write(db, userId, context, {
    // A change of an account locks the account, and then, by a trigger, the user's row.
    lockFirst: lockAccountQuery(userId),
    read: profileBeforeQuery(userId, changes.time_zone !== undefined),
    decide({ profile: before, digest, floating, references }, { versionFloor }) {
      // The copy may be older: of an unverified address, of no role, of a user without rows.
      checkReadOnlyFields(before, {
        id,
        email,
        created_at: created_at ?? undefined,
        email_verified: email_verified || undefined,
        role: role === 'user' ? undefined : role,
      });
      const after = { ...before, ...changes };
      if (isDeepStrictEqual(before, after)) return unchanged(before);
      const zones = { before: before.time_zone, after: after.time_zone };
      const isDigestOther = before.digest_hour !== after.digest_hour || zones.before !== zones.after;
      const digestTime = { hour: after.digest_hour, zone: zones.after, lastOn: digest.digest_last_on };
      const digestNextAt = isDigestOther ? nextDigestAt(digestTime, startedAt) : digest.digest_next_at;
      const stored = storageOf(userId, after, changes, digestNextAt);
      const isFloating = zones.before !== zones.after && floating.length > 0;
      const instants = isFloating ? [restampDueCte(userId, floating, zones.after, versionFloor)] : [];
      const reminders = rezoneRemindersCtes(userId, references, zones);
      return {
        value: after,
        ...stored,
        changes: [...stored.changes, ...instants, ...reminders],
        auditActions: [{ action }],
      };
    },
  });
}

/** Names are stored with the account where there is one. */
function storageOf(userId: string, profile: Profile, changes: ProfilePatch, digestNextAt: string | null) {
  const { email, first_name, last_name } = profile;
  if (email === null) return { changes: [storeProfileCte(userId, profile, digestNextAt)] };
  if (first_name === null || last_name === null) throw namesRequired(changes);
  return {
    earlierChanges: [setAccountNamesCte(userId, first_name, last_name)],
    changes: [storeProfileCte(userId, { ...profile, first_name: null, last_name: null }, digestNextAt)],
  };
}

const namesRequired = (changes: ProfilePatch) =>
  validationError(
    (['first_name', 'last_name'] as const)
      .filter((field) => changes[field] === null)
      .map((field) => ({ loc: ['body', field], msg: 'must not be null for an account', type: 'type' })),
  );
