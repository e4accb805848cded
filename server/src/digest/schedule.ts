import { sql } from 'kysely';
import { isTimeZone } from '../dates/zones.ts';
import { isoText } from '../db/columns.ts';
import type { Db, Tx } from '../db/schema.ts';
import { compileOnce, param } from '../db/statements.ts';
import { dueDigest, nextDigestAt } from '../profiles/digest-time.ts';

/**
 * The profile has the instant of a user's next digest, which is internal: to move it raises no revision. `patchProfile`
 * and `advanceDigest` change it under the lock of the user's row.
 */

/** The users whose digest is due, the longest due first. */
export async function findDueDigests(db: Db, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from duly.profiles where digest_next_at <= ${now} order by digest_next_at limit ${limit}`.execute(
    db,
  );
  return rows.map(({ user_id }) => user_id);
}

/** When the next digest of all users is due, ISO 8601; null: none will be. */
export async function findNextDigestAt(db: Db): Promise<string | null> {
  const { rows } = await sql<{ next_at: string }>`
    select ${isoText(sql`digest_next_at`)} as next_at from duly.profiles
    where digest_next_at is not null order by digest_next_at limit 1`.execute(db);
  return rows[0]?.next_at ?? null;
}

interface DueRow {
  digest_hour: number | null;
  time_zone: string;
  digest_last_on: string | null;
  may_get_mail: boolean;
}

/**
 * Sets the time of the user's next digest. Of several workers, the lock of the user's row gives one the current digest.
 * @returns when the current digest was due, ISO 8601, if it is to be sent; null if another worker has it, if its date
 * is over, or if the account has no verified address or is banned
 */
export async function advanceDigest(tx: Tx, userId: string, now: Date): Promise<string | null> {
  await lockUser(tx, { user_id: userId });
  const [row] = await readDue(tx, { user_id: userId, now });
  if (row === undefined) return null;
  const { due, lastOn, nextAt } = timesOf(row, now);
  await setNext(tx, { user_id: userId, last_on: lastOn, next_at: nextAt });
  return row.may_get_mail && due !== null ? due.at : null;
}

const dayMs = 86_400_000;

/**
 * The current digest, and the time of the next one. A zone that this runtime does not know, as after a step back to an
 * older one, has none for a day: it must not hold up those of other users.
 */
function timesOf({ digest_hour: hour, time_zone: zone, digest_last_on }: DueRow, now: Date) {
  const time = { hour, zone, lastOn: digest_last_on };
  if (!isTimeZone(zone))
    return { due: null, lastOn: time.lastOn, nextAt: new Date(now.getTime() + dayMs).toISOString() };
  const due = dueDigest(time, now);
  const lastOn = due?.date ?? time.lastOn;
  return { due, lastOn, nextAt: nextDigestAt({ ...time, lastOn }, now) };
}

const userParam = param('user_id');

const lockUser = compileOnce((db) =>
  sql`select from duly.owners where user_id = ${userParam} for no key update`.compile(db),
);

/**
 * Whether the user has an account whose address is verified, and is not banned. The account is read by a scalar
 * subquery: Citus fails on a join of it, or an `exists`, beside tables that are distributed.
 */
export const mayGetMail = sql<boolean>`(
    coalesce((select "emailVerified" from better_auth."user" where id = ${userParam}), false)
    and not exists (
      select 1 from duly.user_access as x where x.user_id = ${userParam} and x.banned_at is not null
    )
  )`;

const readDue = compileOnce<DueRow>((db) =>
  sql<DueRow>`
    select p.digest_hour, p.time_zone, p.digest_last_on, ${mayGetMail} as may_get_mail
    from duly.profiles as p where p.user_id = ${userParam} and p.digest_next_at <= ${param('now')}`.compile(
    db,
  ),
);

const setNext = compileOnce((db) =>
  sql`
    update duly.profiles set digest_last_on = ${param('last_on')}::date,
      digest_next_at = ${param('next_at')}::timestamptz
    where user_id = ${userParam}`.compile(db),
);
