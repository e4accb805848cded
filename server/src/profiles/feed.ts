import { type Expression, sql } from 'kysely';
import type { Noun } from '../db/noun.ts';
import type { Profile } from './model.ts';
import { findProfile } from './queries.ts';

export const profileNoun: Noun<'profile', Profile> = {
  type: 'profile',
  schema: 'Profile',
  // `http/contract/schemas.ts` has them, among those of accounts.
  schemas: () => [],
  tables: ['duly.profiles'],
  isVersioned: false,
  feed: {
    idDescription: 'The user id.',
    rows: (userId) => ({
      from: sql`(${profileRevision(userId)}) as p`,
      where: [],
      revision: sql`changed_at`,
      id: sql`${userId}::text`,
      orderBy: null,
      isLive: null,
    }),
    values: {},
    item: { from: 'find', find: findProfile },
  },
};

/** Every user has a profile. Without a row it shows the time of the user's first write, which is revision 1. */
const profileRevision = (userId: Expression<unknown>) => sql`
  select coalesce(p.revision, case when o.user_id is null then 0 else 1 end) as changed_at
  from (select) as one_row
  left join duly.owners o on o.user_id = ${userId}
  left join duly.profiles p on p.user_id = ${userId}`;
