import { type Expression, sql } from 'kysely';
import { foldedLikePattern } from '../db/like-patterns.ts';
import type { Db } from '../db/schema.ts';
import type { Role } from '../tokens/identity.ts';
import type { AdminUser, AdminUserListQuery, AdminUserStats } from './model.ts';

const userColumns = sql`
  ids.id, u.email, coalesce(u."firstName", p.first_name) as first_name, coalesce(u."lastName", p.last_name) as last_name,
  coalesce(u.role, 'user') as role, a.banned_at, a.ban_reason, coalesce(u."createdAt", o.created_at) as created_at`;
const userJoins = (id: Expression<unknown>) => sql`
  left join better_auth."user" u on u.id = ${id}
  left join duly.owners o on o.user_id = ${id}
  left join duly.profiles p on p.user_id = ${id}
  left join duly.user_access a on a.user_id = ${id}`;

interface AdminUserRow {
  id: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  role: string;
  banned_at: Date | null;
  ban_reason: string | null;
  created_at: Date;
}

const toAdminUser = ({ role, banned_at, created_at, ...row }: AdminUserRow): AdminUser => ({
  ...row,
  role: role === 'admin' ? 'admin' : 'user',
  banned_at: banned_at?.toISOString() ?? null,
  created_at: created_at.toISOString(),
});

/**
 * Accounts and users of other issuers, in the order of their ids (code points).
 * @returns up to `limit + 1`; the surplus one shows that there is a next page
 */
export async function findUsers(
  db: Db,
  { search, limit, after = '' }: AdminUserListQuery,
): Promise<AdminUser[]> {
  const size = limit + 1;
  const isAll = search === undefined || search === '';
  const accounts = isAll
    ? sql`true`
    : sql`(lower(email collate "C") like ${foldedLikePattern(search)} or id = ${search})`;
  const owners = isAll ? sql`true` : sql`user_id = ${search}`;
  const { rows } = await sql<AdminUserRow>`
    with ids as (
      (select id collate "C" as id from better_auth."user"
        where id collate "C" > ${after} and ${accounts} order by id collate "C" limit ${size})
      union
      (select user_id from duly.owners where user_id > ${after} and erasure is null and ${owners} order by user_id limit ${size})
      order by id limit ${size}
    )
    select ${userColumns} from ids ${userJoins(sql`ids.id`)} order by ids.id`.execute(db);
  return rows.map(toAdminUser);
}

/** @returns null for an id without account and data. */
export async function findUser(db: Db, userId: string): Promise<AdminUser | null> {
  const { rows } = await sql<AdminUserRow>`
    select ${userColumns} from (select ${userId}::text collate "C" as id) as ids ${userJoins(sql`${userId}`)}
    where u.id is not null or (o.user_id is not null and o.erasure is null)`.execute(db);
  return rows[0] === undefined ? null : toAdminUser(rows[0]);
}

const loginActions = [
  'auth.login',
  'auth.register',
  'auth.two_factor_verify_totp',
  'auth.two_factor_verify_backup_code',
];

export async function findUserStats(db: Db, userId: string): Promise<AdminUserStats> {
  const { rows } = await sql<UserStatsRow>`
    select
      (select "emailVerified" from better_auth."user" where id = ${userId}) as email_verified,
      (select coalesce("twoFactorEnabled", false) from better_auth."user" where id = ${userId}) as two_factor,
      (select count(*)::int from duly.tasks where user_id = ${userId} and deleted_at is null) as tasks,
      (select count(*)::int from duly.tasks where user_id = ${userId} and deleted_at is not null) as trashed_tasks,
      (select count(*)::int from better_auth.session
        where "userId" = ${userId} and "expiresAt" > now()) as sessions,
      (select at from duly.audit where user_id = ${userId} and outcome = 'success' and action = any(${loginActions})
        order by seq desc limit 1) as last_login_at`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the query of a user returned no row');
  const { email_verified, two_factor, last_login_at, ...counts } = row;
  return {
    email_verified: email_verified ?? false,
    two_factor: two_factor ?? false,
    ...counts,
    last_login_at: last_login_at?.toISOString() ?? null,
  };
}

interface UserStatsRow {
  email_verified: boolean | null;
  two_factor: boolean | null;
  tasks: number;
  trashed_tasks: number;
  sessions: number;
  last_login_at: Date | null;
}

export async function findAccountId(db: Db, email: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select id from better_auth."user" where email = ${email.toLowerCase()}`.execute(db);
  return rows[0]?.id ?? null;
}

/** Keeps the time of an earlier ban, and replaces its reason. */
export async function setBan(db: Db, userId: string, reason: string | null): Promise<void> {
  await sql`
    insert into duly.user_access as a (user_id, banned_at, ban_reason) values (${userId}, statement_timestamp(), ${reason})
    on conflict (user_id) do update
      set banned_at = coalesce(a.banned_at, excluded.banned_at), ban_reason = excluded.ban_reason`.execute(
    db,
  );
}

export async function liftBan(db: Db, userId: string): Promise<void> {
  await sql`update duly.user_access set banned_at = null, ban_reason = null where user_id = ${userId}`.execute(
    db,
  );
}

/** @returns false for a user without an account, and for one who has the role already. */
export async function setRole(db: Db, userId: string, role: Role): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update better_auth."user" set role = ${role}, "updatedAt" = now()
    where id = ${userId} and role is distinct from ${role}`.execute(db);
  return numAffectedRows === 1n;
}

/** @returns since when the service lock is set, or null. */
export async function findServiceLock(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ locked_at: Date }>`select locked_at from duly.service_lock`.execute(db);
  return rows[0]?.locked_at ?? null;
}

/** @returns false if the lock was set already. */
export async function insertServiceLock(db: Db): Promise<boolean> {
  const { numAffectedRows } =
    await sql`insert into duly.service_lock default values on conflict do nothing`.execute(db);
  return numAffectedRows === 1n;
}

/** @returns false if there was no lock. */
export async function deleteServiceLock(db: Db): Promise<boolean> {
  const { numAffectedRows } = await sql`delete from duly.service_lock`.execute(db);
  return numAffectedRows === 1n;
}
