/** Gives the heavy user of `seed.ts` projects, sections, subtasks, reminders, and a tag on 15,000 tasks. */

import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createDb } from '../src/db/pool.ts';
import { foldVersion } from '../src/platform/folding.ts';
import { completeOrders } from '../src/tasks/order-indexes.ts';
import { type BenchDatabase, runQuery } from './database.ts';
import { heavyUser } from './seed.ts';

export const wideTag = 'wide';
export const wideTagTasks = 15_000;

/** A hundred projects, of which one is archived: four of five tasks are in them, and a tenth has a parent. */
const statements = [
  `insert into projects (user_id, id, name, position, archived_at, revision, created_at, updated_at)
    select '${heavyUser}', md5('project ' || n)::uuid, 'project ' || n, 'a' || lpad(n::text, 3, '0') || 'V',
      case when n = 1 then now() end, 1, now(), now() from generate_series(1, 100) as n`,
  `insert into sections (user_id, id, project_id, name, position, revision, created_at, updated_at)
    select user_id, md5('section of ' || id)::uuid, id, 'section', 'a0', 1, now(), now() from projects`,
  `create temp table numbered as
    select id, row_number() over (order by md5(id::text)) as n from tasks where user_id = '${heavyUser}'`,
  `update tasks as t set position = 'g' || md5(t.id::text),
      project_id = case when n % 5 > 0 then md5('project ' || (1 + n / 5 % 100))::uuid end,
      section_id = case when n % 10 = 1 then md5('section of ' || md5('project ' || (1 + n / 5 % 100))::uuid)::uuid end
    from numbered where t.user_id = '${heavyUser}' and t.id = numbered.id`,
  // Tasks 1 to 500, whose deletion or restoration are no part of this, have 20 subtasks each.
  `update tasks as t set parent_id = parent.id, project_id = p.project_id, section_id = p.section_id
    from numbered as c join numbered as parent on parent.n = 1 + c.n % 500
      join tasks as p on p.user_id = '${heavyUser}' and p.id = parent.id
    where c.n between 10001 and 20000 and t.user_id = '${heavyUser}' and t.id = c.id`,
  `update tasks as t set subtasks_total = counted.total, subtasks_done = counted.done from (
      select parent_id, count(*) as total, count(completed_at) as done from tasks
      where user_id = '${heavyUser}' and deleted_at is null and parent_id is not null group by parent_id
    ) as counted where t.user_id = '${heavyUser}' and t.id = counted.parent_id`,
  `insert into tags (user_id, name, revision, search_text, search_version, usage_count)
    select '${heavyUser}', '${wideTag}', 1, '${wideTag}', ${foldVersion}, count(*)
    from tasks as t join numbered using (id) where user_id = '${heavyUser}' and n <= ${wideTagTasks} and deleted_at is null`,
  `insert into task_tags (user_id, task_id, name)
    select '${heavyUser}', id, '${wideTag}' from numbered where n <= ${wideTagTasks}`,
  `update tasks as t set tags = array(
      select name from task_tags as l where l.user_id = t.user_id and l.task_id = t.id order by name)
    from numbered where user_id = '${heavyUser}' and t.id = numbered.id and n <= ${wideTagTasks}`,
  `insert into reminders (user_id, id, task_id, remind_at, next_at, version, created_at, updated_at, revision)
    select user_id, id, id, now() + interval '1 year', now() + interval '1 year', 1, now(), now(), 1
    from tasks join numbered using (id)
    where user_id = '${heavyUser}' and n <= 2000 and deleted_at is null and completed_at is null`,
  `update tasks set reminder_count = 1 where user_id = '${heavyUser}'
    and id in (select task_id from reminders where user_id = '${heavyUser}')`,
];

/**
 * Fills the database unless that is done, also the indexes of orders, as the first lists would. Ends with a vacuum, as
 * autovacuum does.
 */
export async function fillGrowth({ connection }: BenchDatabase): Promise<void> {
  const quick = { ...connection, options: '-c search_path=duly -c statement_timeout=0' };
  const [found] = await runQuery<{ done: boolean }>(quick, 'select exists (select from projects) as done');
  if (found?.done !== true) await runQuery(quick, statements.join('; '));
  const db = createDb({ connection, max: 1, log: pino({ level: 'silent' }) });
  await completeOrders(db, heavyUser).finally(() => db.destroy());
  for (;;) {
    await runQuery(quick, 'vacuum (analyze) tasks');
    await runQuery(quick, 'vacuum (analyze) task_tags');
    await runQuery(quick, 'vacuum (analyze) tags');
    const [left] = await runQuery<{ seen: boolean }>(
      quick,
      `select relallvisible > 0.95 * relpages as seen from pg_class where oid = 'duly.tasks'::regclass`,
    );
    if (left?.seen === true) return;
    await sleep(500);
  }
}
