import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, executeQuery, param, Query } from '../db/statements.ts';
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

/** The profile of any user id: defaults where nothing is stored. */
export const findProfile = (db: Db, userId: string): Promise<Profile> =>
  executeQuery(db, profileQuery(userId));

export const profileQuery = (userId: string): Query<Profile> =>
  Query.of(
    (db) => profileSql(userId).compile(db),
    ([row]) => toProfile(userId, row),
  );

const profileSql = (userId: string) => sql<ProfileRow>`
    select a.email, coalesce(a."emailVerified", false) as email_verified,
      coalesce(a."firstName", p.first_name) as first_name, coalesce(a."lastName", p.last_name) as last_name,
      coalesce(p.time_zone, 'UTC') as time_zone, coalesce(p.locale, 'en') as locale, a.role,
      coalesce(a."createdAt", o.created_at) as created_at
    from (select) as asked
    left join better_auth."user" a on a.id = ${userId}
    left join duly.owners o on o.user_id = ${userId}
    left join duly.profiles p on p.user_id = ${userId}`;

function toProfile(userId: string, row: ProfileRow | undefined): Profile {
  if (row === undefined) throw new Error('no answer to a question that always has one');
  return {
    ...row,
    id: userId,
    role: row.role === 'admin' ? 'admin' : 'user',
    created_at: row.created_at?.toISOString() ?? null,
  };
}

/** Locks the account, if the user has one, as a change of the account does. */
export const lockAccountQuery = (userId: string): Query<unknown> =>
  Query.of(
    (db) => sql`select from better_auth."user" where id = ${userId} for no key update`.compile(db),
    () => null,
  );

/** Names of an account are stored with the account, and `name` is made of both. */
export const setAccountNamesCte = (userId: string, firstName: string, lastName: string): Cte => ({
  template: setAccountNamesTemplate,
  params: {
    ...{ user_id: userId, first_name: firstName, last_name: lastName },
    name: `${firstName} ${lastName}`.trim(),
  },
});

const setAccountNamesTemplate: CteTemplate = {
  name: 'account names',
  sql: sql`account as (
      update better_auth."user" set "firstName" = ${param('first_name')}, "lastName" = ${param('last_name')},
        name = ${param('name')}, "updatedAt" = now()
      where id = ${param('user_id')}
    )`,
};

export type ProfileFields = Pick<Profile, 'first_name' | 'last_name' | 'time_zone' | 'locale'>;

export const storeProfileCte = (userId: string, fields: ProfileFields): Cte => ({
  template: storeProfileTemplate,
  params: { user_id: userId, ...fields },
});

const storeProfileTemplate: CteTemplate = {
  name: 'profile',
  sql: sql`profile as (
      insert into duly.profiles (user_id, revision, first_name, last_name, time_zone, locale)
      select ${param('user_id')}, revision, ${param('first_name')}, ${param('last_name')}, ${param('time_zone')},
        ${param('locale')}
      from moment
      on conflict (user_id) do update set revision = excluded.revision, first_name = excluded.first_name,
        last_name = excluded.last_name, time_zone = excluded.time_zone, locale = excluded.locale
    )`,
};
