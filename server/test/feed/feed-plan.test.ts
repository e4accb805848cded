import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endOfRevision, type FeedPosition, feedStart } from '../../src/feed/position.ts';
import { findChanges } from '../../src/feed/queries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { statementOf } from '../support/capture-statement.ts';
import { recountTags } from '../support/stored-tags.ts';

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

const userId = 'many';
const count = 100_000;
/** Tags of every task; the newest write changed them. */
const everywhere = ['all', 'each'];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  const { db } = app.ctx;
  const run = (query: RawBuilder<unknown>) => query.execute(db);
  await run(sql`insert into duly.owners (user_id, revision) values (${userId}, ${count + 1})`);
  await run(
    sql`insert into duly.owners (user_id, revision) select n::text, 1 from generate_series(1, 1000) n`,
  );
  await run(sql`insert into duly.tasks (user_id, title, revision, deleted_at)
    select ${userId}, 'x', n, case when n % 2 = 0 then now() end from generate_series(1, ${count}::int) n`);
  await run(sql`insert into duly.tags (user_id, name, revision)
    select ${userId}, 'tag ' || n, n * 100 from generate_series(1, 1000) n`);
  await run(sql`insert into duly.tags (user_id, name, revision)
    select ${userId}, name, ${count + 1} from unnest(${everywhere}::text[]) as name`);
  await run(sql`insert into duly.task_tags (user_id, task_id, name)
    select user_id, id, 'tag ' || (1 + revision % 1000) from duly.tasks where user_id = ${userId}`);
  await run(sql`insert into duly.task_tags (user_id, task_id, name)
    select user_id, id, name from duly.tasks, unnest(${everywhere}::text[]) as name where user_id = ${userId}`);
  await recountTags(db);
  for (const [table, column, value] of [
    ['projects', sql``, sql``],
    ['views', sql`parameters,`, sql`'{}'::jsonb,`],
    ['sections', sql`project_id,`, sql`(select id from duly.projects where user_id = ${userId} limit 1),`],
  ] as const)
    await run(sql`insert into ${sql.table(`duly.${table}`)} (user_id, id, ${column} name, position, revision, created_at, updated_at, deleted_at)
      select ${userId}, gen_random_uuid(), ${value} 'x', 'a0', n, now(), now(), case when n % 2 = 0 then now() end
      from generate_series(1, ${count / 10}::int) n`);
  await run(sql`insert into duly.channels (user_id, id, type, version, created_at, updated_at, revision)
    select ${userId}, gen_random_uuid(), 'webhook', 1, now(), now(), n from generate_series(1, ${count / 10}::int) n`);
  await run(sql`insert into duly.occurrences (user_id, id, task_id, date, number, status, recorded_at, before, task_version, revision)
    select user_id, gen_random_uuid(), id, '2026-12-24', 1, 'done', now(), '{}', 2, revision
    from duly.tasks where user_id = ${userId} and revision % 10 = 0`);
  await run(sql`insert into duly.reminders (user_id, id, task_id, remind_at, version, created_at, updated_at, revision)
    select user_id, gen_random_uuid(), id, now(), 1, now(), now(), revision
    from duly.tasks where user_id = ${userId} and revision % 10 = 0`);
  await run(sql`update duly.tasks set reminder_count = 1 where user_id = ${userId} and revision % 10 = 0`);
  await run(sql`insert into duly.tombstones (user_id, type, id, revision)
    select ${userId}, 'task', gen_random_uuid(), n from generate_series(1, ${count}::int) n where n % 7 = 0`);
  await run(sql`analyze`);
});
afterAll(() => app.close());

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Explains a read of 100 changes after a position: which relations it scans fully, and how many rows it touches. */
async function planAt(place: FeedPosition) {
  const { sql: text, parameters } = await statementOf((db) => findChanges(db, userId, place, 100));
  const { rows } = await app.ctx.db.executeQuery<{ 'QUERY PLAN': { Plan: Node }[] }>(
    CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters]),
  );
  const scans = nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan ?? expect.fail('no plan')).filter(
    (node) => node['Relation Name'] !== undefined && node['Relation Name'] !== 'profiles',
  );
  expect(scans.length).toBeGreaterThan(5);
  const whole = scans
    .filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'epoch')
    .map((node) => node['Relation Name']);
  const touched = scans.reduce(
    (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    0,
  );
  return { whole, touched };
}

const places: [string, FeedPosition][] = [
  ['the beginning', feedStart],
  [
    'the middle of an initial sync',
    { epoch: null, revision: 50_000, type: 'tag', id: 'tag 500', initialSyncRevision: count },
  ],
  ['its end', { ...endOfRevision(null, 99_900), initialSyncRevision: count }],
  ['a cursor long ago', endOfRevision(null, 10)],
  [
    'a cursor in the middle',
    { epoch: null, revision: 50_000, type: 'tag', id: 'tag 500', initialSyncRevision: 0 },
  ],
  ['a cursor of late', endOfRevision(null, 99_990)],
  ['the newest write, of tags that all tasks have', endOfRevision(null, count)],
];

test.each(places)(
  'a page at %s costs no more than its rows, whatever else the user has',
  async (_, place) => {
    const { whole, touched } = await planAt(place);
    expect(whole).toEqual([]);
    expect(touched).toBeLessThan(1_500);
  },
);
