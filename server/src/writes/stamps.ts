import { randomInt } from 'node:crypto';
import { type Expression, type RawBuilder, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { Tx } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, param } from '../db/statements.ts';

/** The CTE `stamp` of a write: revision, time, its ISO text, and the text that stands for it in parameters. */

/** What a write has read, and what has to be true of it still. */
export interface Seen {
  /** 0 for users without a row. */
  revision: bigint;
  versionFloor: number;
}

/** The time zone of the user's profile, or the default of profiles (`profiles/columns.ts`). */
export const zoneOf = (userId: Expression<unknown>) => sql<string>`coalesce((
    select p.time_zone from duly.profiles as p where p.user_id = ${userId}
  ), 'UTC')`;

/** `zoneOf` the parameter `user_id`. */
export const userZone = zoneOf(param('user_id'));

/** What writes need of the profile: its zone and its default reminder. The statement has to have `joinProfile`. */
export const profileOfStamp = sql`coalesce(p.time_zone, 'UTC') as "timeZone",
  p.default_reminder_minutes as "defaultReminderMinutes"`;
export const joinProfile = sql`left join duly.profiles as p on p.user_id = ${param('user_id')}`;

/**
 * Raises the user's revision. With `seen`, only if revision and epoch still are those. With `lockName`, only if no
 * other transaction has that advisory lock. Otherwise the statement fails, and `isNullOrDuplicate` holds for the error:
 * the new revision is null, or the user's first row exists already.
 * @param placeholder the text that `decide` had for the time
 */
export function nextStampCte(
  userId: string,
  placeholder: string,
  seen: Seen | null,
  lockName: string | null,
): Cte {
  const kind = seen === null ? 'any' : seen.revision === 0n ? 'first' : 'seen';
  const params = {
    ...{ user_id: userId, placeholder, lock_name: lockName },
    ...{ seen_revision: seen?.revision, seen_floor: seen?.versionFloor },
  };
  return { template: nextStampTemplates[lockName === null ? 'unkeyed' : 'keyed'][kind], params };
}

const userParam = param('user_id');
const increment = sql`on conflict (user_id) do update set revision = o.revision + 1`;

interface BumpParts {
  /** The row of a user's first write. Its revision is null when the lock is not free. */
  firstRow: RawBuilder<unknown>;
  /** Joins the advisory lock to the epoch, and requires that it is free. */
  lock: RawBuilder<unknown>;
  isFree: RawBuilder<unknown>;
}

const bumpedCtes = ({ firstRow, lock, isFree }: BumpParts) => {
  const first = sql`insert into duly.owners as o (user_id, revision) ${firstRow}`;
  return {
    any: sql`${first} ${increment} returning o.revision`,
    first: sql`${first} returning revision`,
    seen: sql`update duly.owners as o set revision = case
        when o.revision = ${param('seen_revision')}::bigint and e.version_floor = ${param('seen_floor')}::integer
          ${isFree} then o.revision + 1 end
      from duly.epoch as e ${lock} where o.user_id = ${userParam} returning o.revision`,
  };
};

/** The clock is read for the row that `bumped` returns, after the row lock: Citus refuses it within `returning`. */
const nextStamp = (bumped: RawBuilder<unknown>) => sql`bumped as (${bumped}), stamp as materialized (
    select revision, now, ${isoText(sql`now`)} as iso, ${param('placeholder')}::text as placeholder
    from (select revision, clock_timestamp()::timestamptz(3) as now from bumped) as b
  )`;

const templatesOf = (name: string, before: RawBuilder<unknown>, parts: BumpParts) => {
  const bumped = bumpedCtes(parts);
  const template = (kind: keyof typeof bumped): CteTemplate => ({
    name: `${name} ${kind}`,
    sql: sql`${before}${nextStamp(bumped[kind])}`,
  });
  return { any: template('any'), first: template('first'), seen: template('seen') };
};

/** The CTE `key_lock`: takes the advisory lock until the transaction ends, if it is free. */
export const keyLockCte = sql`key_lock as materialized (
    select pg_try_advisory_xact_lock(hashtextextended(${param('lock_name')}, 0)) as is_free
  )`;

const nextStampTemplates = {
  unkeyed: templatesOf('stamp', sql``, {
    firstRow: sql`values (${userParam}, 1)`,
    lock: sql``,
    isFree: sql``,
  }),
  keyed: templatesOf('stamp under key', sql`${keyLockCte}, `, {
    firstRow: sql`select ${userParam}, case when is_free then 1 end from key_lock`,
    lock: sql`cross join key_lock`,
    isFree: sql`and is_free`,
  }),
};

interface LockedStamp {
  revision: bigint;
  /** ISO 8601 */
  now: string;
  versionFloor: number;
  timeZone: string;
  defaultReminderMinutes: number | null;
}

const bumpRevisionStatement = compileOnce<LockedStamp>(
  (db) =>
    sql`with bumped as (
      insert into duly.owners as o (user_id, revision) values (${userParam}, 1) ${increment} returning o.revision
    )
    select b.revision, ${isoText(sql`b.now`)} as now, (select version_floor from duly.epoch) as "versionFloor",
      ${profileOfStamp}
    from (select revision, clock_timestamp()::timestamptz(3) as now from bumped) as b ${joinProfile}`.compile(
      db,
    ),
  'revision bigint, now text, "versionFloor" integer, "timeZone" text, "defaultReminderMinutes" integer',
);

/** Adds 1 to the user's revision, and locks the row until the transaction ends. The first write inserts it. */
export async function bumpRevision(tx: Tx, userId: string): Promise<LockedStamp> {
  const [stamp] = await bumpRevisionStatement(tx, { user_id: userId });
  if (stamp === undefined) throw new Error('raising the revision returned no row');
  return stamp;
}

/** The CTE `stamp` after `bumpRevision`. */
export const stampCte = ({ revision, now }: LockedStamp): Cte => ({
  template: stampTemplate,
  params: { revision, now },
});

const stampTemplate: CteTemplate = {
  name: 'stamp known',
  sql: sql`stamp as materialized (
      select ${param('revision')}::bigint as revision, iso::timestamptz(3) as now, iso, iso as placeholder
      from (select ${param('now')}::text as iso) as known
    )`,
};

/** The first millisecond of the year 10000. */
const minPlaceholderMs = 253_402_300_800_000;
const maxRandom = 2 ** 48 - 1;

/** A time from the year 10000 on, of 48 random bits: no text of a client contains it. */
export const randomPlaceholder = (): string =>
  new Date(minPlaceholderMs + randomInt(maxRandom)).toISOString();

/** A copy of JSON data, in which another text stands for the placeholder. */
export function replaceText<T>(value: T, placeholder: string, text: string): T {
  const copyOf = (part: unknown): unknown => {
    if (part === placeholder) return text;
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(copyOf);
    const copy: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(part)) copy[name] = copyOf(member);
    return copy;
  };
  return copyOf(value) as T;
}
