import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import type { Profile } from './model.ts';

interface ProfileRow {
  email: string | null;
  email_verified: boolean;
  first_name: string | null;
  last_name: string | null;
  time_zone: string;
  locale: string;
  role: string | null;
  created_at: Date | null;
}

/** Of any user id, also of one that nothing is stored of yet. */
export async function findProfile(db: Db, userId: string): Promise<Profile> {
  const { rows } = await sql<ProfileRow>`
    select a.email, coalesce(a."emailVerified", false) as email_verified,
      coalesce(a."firstName", p.first_name) as first_name, coalesce(a."lastName", p.last_name) as last_name,
      coalesce(p.time_zone, 'UTC') as time_zone, coalesce(p.locale, 'en') as locale, a.role,
      coalesce(a."createdAt", o.created_at) as created_at
    from (select) as asked
    left join better_auth."user" a on a.id = ${userId}
    left join duly.owners o on o.user_id = ${userId}
    left join duly.profiles p on p.user_id = ${userId}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('no answer to a question that always has one');
  return {
    ...row,
    id: userId,
    role: row.role === 'admin' ? 'admin' : 'user',
    created_at: row.created_at?.toISOString() ?? null,
  };
}

/** As a change of it does, so that the two wait for each other; of a user without an account, nothing. */
export async function lockAccount(tx: Tx, userId: string): Promise<void> {
  await sql`select from better_auth."user" where id = ${userId} for no key update`.execute(tx);
}

/** Names of an account stand with the account, `name` in step with both. */
export async function updateAccountNames(
  tx: Tx,
  userId: string,
  firstName: string,
  lastName: string,
): Promise<void> {
  await sql`
    update better_auth."user" set "firstName" = ${firstName}, "lastName" = ${lastName},
      name = ${`${firstName} ${lastName}`.trim()}, "updatedAt" = now()
    where id = ${userId}`.execute(tx);
}

export type ProfileFields = Pick<Profile, 'first_name' | 'last_name' | 'time_zone' | 'locale'>;

export async function upsertProfile(
  tx: Tx,
  userId: string,
  revision: bigint,
  fields: ProfileFields,
): Promise<void> {
  await tx
    .insertInto('duly.profiles')
    .values({ user_id: userId, revision, ...fields })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ revision, ...fields }))
    .execute();
}
