import { sql } from 'kysely';
import type { LocalTime } from '../dates/zones.ts';
import { isoText } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, executeQuery, param, type Query, query } from '../db/statements.ts';
import { floatingReferences } from '../reminders/restamp.ts';
import { floatingTimes } from '../tasks/restamp-due.ts';
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

/** The profile of any user id: defaults where nothing is stored. */
export const findProfile = (db: Db, userId: string): Promise<Profile> =>
  executeQuery(db, profileQuery(userId));

const profileQuery = (userId: string): Query<Profile> =>
  query('profile', profileSql, { user_id: userId }, ([row]) => toProfile(userId, row));

/** When digests were and will be due: what the profile of a response lacks. */
interface DigestDates {
  digest_next_at: string | null;
  /** YYYY-MM-DD */
  digest_last_on: string | null;
}

/** A profile before a change, with the local times whose instants depend on its zone. */
interface ProfileBefore {
  profile: Profile;
  digest: DigestDates;
  floating: [date: string, time: string][];
  /** The local times of reminders whose instants depend on the zone. */
  references: LocalTime[];
}

/** @param isZoneSent whether the local times are read too */
export const profileBeforeQuery = (userId: string, isZoneSent: boolean): Query<ProfileBefore> =>
  query(
    isZoneSent ? 'profile and local times' : 'profile before',
    isZoneSent ? zonedProfileSql : profileBeforeSql,
    { user_id: userId },
    ([row]) => {
      if (row === undefined) throw new Error('the profile query returned no row');
      const { floating, references, digest_next_at, digest_last_on, ...profile } = row;
      return {
        profile: toProfile(userId, profile),
        digest: { digest_next_at, digest_last_on },
        floating,
        references,
      };
    },
  );

const userParam = param('user_id');

const profileSql = sql<ProfileRow>`
    select a.email, coalesce(a."emailVerified", false) as email_verified, ${selectedFields}, a.role,
      coalesce(a."createdAt", o.created_at) as created_at
    from (select) as one_row
    left join better_auth."user" a on a.id = ${userParam}
    left join duly.owners o on o.user_id = ${userParam}
    left join duly.profiles p on p.user_id = ${userParam}`;

const digestDates = sql`
    left join (
      select ${isoText(sql`d.digest_next_at`)} as digest_next_at, d.digest_last_on
      from duly.profiles as d where d.user_id = ${userParam}
    ) as d on true`;

type ProfileBeforeRow = ProfileRow & DigestDates & Pick<ProfileBefore, 'floating' | 'references'>;
const profileBeforeSql = sql<ProfileBeforeRow>`
    select p.*, d.*, '[]'::json as floating, '[]'::json as "references" from (${profileSql}) as p ${digestDates}`;
const zonedProfileSql = sql<ProfileBeforeRow>`
    select p.*, d.*, ${floatingTimes} as floating, ${floatingReferences} as "references"
    from (${profileSql}) as p ${digestDates}`;

function toProfile(userId: string, row: ProfileRow | undefined): Profile {
  if (row === undefined) throw new Error('the profile query returned no row');
  return {
    ...row,
    id: userId,
    role: row.role === 'admin' ? 'admin' : 'user',
    created_at: row.created_at?.toISOString() ?? null,
  };
}

/** Locks the account, if the user has one, as a change of the account does. */
export const lockAccountQuery = (userId: string): Query<unknown> =>
  query('account lock', accountLockSql, { user_id: userId }, () => null);

const accountLockSql = sql`select from better_auth."user" where id = ${userParam} for no key update`;

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
  isOfService: true,
  sql: sql`account as (
      update better_auth."user" set "firstName" = ${param('first_name')}, "lastName" = ${param('last_name')},
        name = ${param('name')}, "updatedAt" = now()
      where id = ${param('user_id')}
    )`,
};

/** @param digestNextAt ISO 8601 */
export const storeProfileCte = (userId: string, fields: ProfileFields, digestNextAt: string | null): Cte => ({
  template: storeProfileTemplate,
  params: { user_id: userId, ...fields, digest_next_at: digestNextAt },
});

const fields = Object.entries({ ...profileColumns, digest_next_at: { recordType: 'timestamptz' } });
const storeProfileTemplate: CteTemplate = {
  name: 'profile',
  sql: sql`profile as (
      insert into duly.profiles (user_id, revision, ${sql.join(fields.map(([name]) => sql.id(name)))})
      select ${param('user_id')}, revision,
        ${sql.join(fields.map(([name, { recordType }]) => sql`${param(name)}::${sql.raw(recordType ?? '')}`))}
      from stamp
      on conflict (user_id) do update set revision = excluded.revision,
        ${sql.join(fields.map(([name]) => sql`${sql.id(name)} = ${sql.id('excluded', name)}`))}
    )`,
};
