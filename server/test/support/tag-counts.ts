import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';

const counted = `
  select g.user_id, g.name, g.usage_count as kept, count(t.id)::int as counted
  from duly.tags as g
  left join duly.task_tags as tt on tt.user_id = g.user_id and tt.name = g.name
  left join duly.tasks as t on t.user_id = tt.user_id and t.id = tt.task_id and t.deleted_at is null
  group by g.user_id, g.name, g.usage_count`;

/** Tags whose stored count differs from their number of live tasks. */
export const wrongTagCountsQuery = `select * from (${counted}) as c where kept <> counted order by user_id, name limit 10`;

/** For tests that insert rows directly: recomputes the count of every tag. */
export async function recountTags(db: Db): Promise<void> {
  await sql`update duly.tags as g set usage_count = c.counted from (${sql.raw(counted)}) as c
    where c.user_id = g.user_id and c.name = g.name`.execute(db);
}
