import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';
import { type DataTotals, verifyData } from '../../src/tasks/verify-data.ts';

/** For tests that insert rows directly: recomputes the count of every tag. */
export async function recountTags(db: Db): Promise<void> {
  await sql`update duly.tags as g set usage_count = c.live
    from (
      select g.user_id, g.name, count(t.id)::int as live from duly.tags as g
      left join duly.task_tags as tt on tt.user_id = g.user_id and tt.name = g.name
      left join duly.tasks as t on t.user_id = tt.user_id and t.id = tt.task_id and t.deleted_at is null
      group by g.user_id, g.name
    ) as c where c.user_id = g.user_id and c.name = g.name`.execute(db);
}

/** The same for the tags on the rows of tasks. */
export async function restoreTags(db: Db): Promise<void> {
  await sql`update duly.tasks as t set tags_version = version, tags = array(
      select name from duly.task_tags as tt where tt.user_id = t.user_id and tt.task_id = t.id order by name)`.execute(
    db,
  );
}

/** What `npm run admin -- verify-data` finds. */
export async function findFaults(db: Db): Promise<DataTotals & { faults: string[] }> {
  const faults: string[] = [];
  const totals = await verifyData(db, (userId, fault) => faults.push(`${userId}: ${fault}`));
  return { ...totals, faults };
}
