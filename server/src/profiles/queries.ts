import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { type ProfileFields, profileColumns } from './columns.ts';
import type { Profile } from './model.ts';

interface ProfileRow extends ProfileFields {
  email: string | null;
  email_verified: boolean;
  role: string | null;
  created_at: Date | null;
}

/** Columns of the account that hold a field, if there is an account. */
const accountColumns: Readonly<Record<string, string>> = { first_name: 'firstName', last_name: 'lastName' };

const selectedFields = sql.join(
  Object.entries(profileColumns).map(([name, found]) => {
    const account = accountColumns[name];
    const sources = [
      ...(account === undefined ? [] : [sql.ref(`a.${account}`)]),
      sql.ref(`p.${name}`),
      ...(found.default === null ? [] : [sql.lit(found.default)]),
    ];
    return sql`coalesce(${sql.join(sources)}) as ${sql.id(name)}`;
  }),
);

/** Of any user id, also of one that nothing is stored of yet. */
export async function findProfile(db: Db, userId: string): Promise<Profile> {
  const { rows } = await sql<ProfileRow>`
    select a.email, coalesce(a."emailVerified", false) as email_verified, ${selectedFields}, a.role,
      coalesce(a."createdAt", o.created_at) as created_at
    from (select ${userId}::text as user_id) as asked
    left join better_auth."user" a on a.id = asked.user_id
    left join duly.owners o on o.user_id = asked.user_id
    left join duly.profiles p on p.user_id = asked.user_id`.execute(db);
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
