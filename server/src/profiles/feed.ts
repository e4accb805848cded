import { type Expression, sql } from 'kysely';
import type { Noun } from '../db/noun.ts';
import type { Profile } from './model.ts';
import { findProfile } from './queries.ts';

export const profileNoun: Noun<'profile', Profile> = {
  type: 'profile',
  schema: 'Profile',
  // Its schemas stand among those of accounts.
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

/**
 * There is always a profile. Before it was ever changed, it shows when its user's first write was, so that is a change
 * too.
 */
const profileRevision = (userId: Expression<unknown>) => sql`
  select coalesce(p.revision, case when o.user_id is null then 0 else 1 end) as changed_at
  from (select ${userId}::text as user_id) as asked
  left join duly.owners o on o.user_id = asked.user_id
  left join duly.profiles p on p.user_id = asked.user_id`;
