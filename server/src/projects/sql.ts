import { type RawBuilder, sql } from 'kysely';
import { param } from '../db/statements.ts';

/** Parts of the statements that change tasks and sections together with a project. */

export const userParam = param<string>('user_id');
export const projectParam = sql<string>`${param('id')}::uuid`;

export const now = sql`(select now from stamp)`;

/** Changes `usage_count` of the tags on tasks. @param ids a query of them */
export const countTagsCte = (ids: RawBuilder<unknown>, change: 'add' | 'remove') => sql`counted_tags as (
    update duly.tags as g set revision = (select revision from stamp),
      usage_count = g.usage_count ${change === 'add' ? sql`+` : sql`-`} used.uses
    from (
      select tt.name, count(*)::int as uses from duly.task_tags as tt
      where tt.user_id = ${userParam} and tt.task_id in (${ids}) group by tt.name
    ) as used where g.user_id = ${userParam} and g.name = used.name
  )`;
