import { describe, expect, test } from 'vitest';
import { exceptions, isAllowed } from '../support/sql/allowed.ts';
import { violationsOf } from '../support/sql/guard.ts';

const rulesBrokenIn = (text: string) => violationsOf(text).map(({ table, rule }) => [table, rule]);

// Citus finds the shard of a table by the parameter that its user_id has to equal.
describe('a table whose user another relation names', () => {
  test.each([
    ['select * from duly.tasks t join duly.task_tags tt using (user_id) where tt.user_id = $1', 'tasks'],
    [
      'select * from duly.tasks t join duly.task_tags tt on tt.user_id = t.user_id and tt.task_id = t.id where t.user_id = $1',
      'task_tags',
    ],
    [
      'select * from duly.tasks t left join duly.task_tags tt on tt.user_id = t.user_id where t.user_id = $1',
      'task_tags',
    ],
    [
      'select * from duly.task_tags tt right join duly.tasks t on tt.user_id = t.user_id where t.user_id = $1',
      'task_tags',
    ],
    [
      'select array(select name from duly.task_tags tt where tt.user_id = t.user_id) from duly.tasks t where t.user_id = $1',
      'task_tags',
    ],
    [
      'with page as (select * from duly.tasks where user_id = $1) select (select count(*) from duly.tags g where g.user_id = page.user_id) from page',
      'tags',
    ],
    [
      'select 1 from (select $1::text as id) as asked left join duly.owners o on o.user_id = asked.id',
      'owners',
    ],
    ['select 1 from (values ($1, 1), ($2, 2)) as v (id, n) join duly.owners o on o.user_id = v.id', 'owners'],
    [
      'select 1 from jsonb_to_recordset($1::jsonb) as x (user_id text) join duly.owners using (user_id)',
      'owners',
    ],
    [
      'insert into duly.tags (user_id, name) select user_id, title from duly.tasks where user_id = $1 on conflict do nothing',
      'tags',
    ],
    [
      'update duly.tasks t set title = g.name from duly.tags g where g.user_id = $1 and t.user_id = g.user_id',
      'tasks',
    ],
    [
      'delete from duly.task_tags tt using duly.tasks t where t.user_id = $1 and tt.user_id = t.user_id',
      'task_tags',
    ],
    [
      'with gone as (delete from duly.tasks where user_id = $1 returning user_id, id) delete from duly.task_tags tt using gone where tt.user_id = gone.user_id',
      'task_tags',
    ],
    ['select * from duly.owners o where o.user_id = lower($1)', 'owners'],
    [
      'insert into duly.tags (user_id, name) select user_id, name from (values ($1, $2)) as v (user_id, name)',
      'tags',
    ],
    ['insert into duly.tags (user_id, name) values ($1, $2), (upper($1), $3)', 'tags'],
    ['insert into duly.tags (user_id, name) select $1, $2 union all select lower($1), $3', 'tags'],
  ])('is refused: %s', (text, table) => {
    expect(rulesBrokenIn(text)).toEqual([[table, 'parameter']]);
  });

  test('is not made known by a condition on it inside of another query', () => {
    const text =
      'select (select 1 from duly.owners o where o.user_id = $1 and t.user_id = $1) from duly.tasks t';
    expect(rulesBrokenIn(text)).toEqual([['tasks', 'user']]);
  });
});

describe('what a cluster refuses for any user', () => {
  const created = 'insert into duly.tasks (user_id, title) values ($1, $2)';
  const counted = 'insert into duly.owners as o (user_id) values ($1) on conflict (user_id) do update set';
  test.each([
    [`${created} returning clock_timestamp()`, 'tasks'],
    [`${created} returning id, now()::date as today`, 'tasks'],
    [`${created} returning current_timestamp`, 'tasks'],
    [`${created} returning (select version_floor from duly.epoch)`, 'tasks'],
    [
      'update duly.tasks t set title = $1 where user_id = $2 returning coalesce(t.title, now()::text)',
      'tasks',
    ],
    ['delete from duly.tasks where user_id = $1 returning to_json(title)', 'tasks'],
    [`with made as (${created} returning gen_random_uuid() as id) select id from made`, 'tasks'],
    ['update duly.tasks t set updated_at = clock_timestamp() where t.user_id = $1', 'tasks'],
    ['delete from duly.tasks where user_id = $1 and created_at < clock_timestamp()', 'tasks'],
    ['update duly.audit as e set address = jsonb_build_array(e.actor)::text where e.user_id = $1', 'audit'],
    [
      'update duly.deliveries set finished_at = case when status = $1 then now() end where user_id = $2',
      'deliveries',
    ],
    ['delete from duly.tasks where user_id = $1 and created_at < coalesce($2, now())', 'tasks'],
    [`${counted} created_at = statement_timestamp()`, 'owners'],
    [`${counted} revision = o.revision + 1 where o.created_at < now()`, 'owners'],
  ])('is refused in a change, in what it returns, and on a conflict: %s', (text, table) => {
    expect(rulesBrokenIn(text)).toEqual([[table, 'immutable']]);
  });

  test.each([
    ['select 1 from duly.owners where user_id = any($1) for update', 'owners'],
    [
      'select 1 from duly.owners o where user_id > $1 order by user_id limit 1 for no key update skip locked',
      'owners',
    ],
    [
      'select 1 from unnest($1::text[]) as n (id) join duly.owners o on o.user_id = n.id for update of o',
      'owners',
    ],
    [
      'select 1 from duly.tasks t join duly.tags g on g.user_id = t.user_id where t.user_id = $1 for share',
      'tags',
    ],
    ['select 1 from (select id from duly.tasks where user_id = $1) as t for update', 't'],
    ['select 1 from better_auth."user" where role = $1 for update', 'better_auth.user'],
    [
      'delete from duly.tasks where user_id = $1 and id in (select t.id from duly.tasks t where t.deleted_at < $2 for update)',
      'tasks',
    ],
  ])('is refused when rows of several users may be locked: %s', (text, table) => {
    expect(rulesBrokenIn(text)).toContainEqual([table, 'lock']);
  });

  test('is not locked where something else is', () => {
    const text =
      'select 1 from duly.tasks t, duly.owners o where t.user_id = $1 and o.revision > 5 for update of t';
    expect(rulesBrokenIn(text)).toEqual([['owners', 'user']]);
  });
});

describe('an exception', () => {
  const upkeep = {
    from: 'src/tasks/trash.ts',
    sql: 'select distinct user_id from (select user_id from duly.tasks order by deleted_at limit $1) as old',
  };
  const violation = { table: 'tasks', rule: 'user', reason: '' } as const;

  test.each([
    ['the statement', {}, {}, true],
    ['another file', { from: 'src/tasks/list.ts' }, {}, false],
    ['another statement of the file', { sql: 'select user_id from duly.tasks limit $1' }, {}, false],
    ['the statement without its limit', { sql: upkeep.sql.replace('limit $1', '') }, {}, false],
    ['another table', {}, { table: 'tags' }, false],
    ['a row lock', {}, { rule: 'lock' }, false],
    ['a clock in returning', {}, { rule: 'immutable' }, false],
  ] as const)('is made for one rule of one statement: %s', (_, statement, other, allowed) => {
    expect(isAllowed({ ...upkeep, ...statement }, { ...violation, ...other })).toBe(allowed);
  });

  // Nobody else uses the database of a load. Firing skips rows that are locked. The queue has no rows of users.
  const mayLock = ['src/db/migrator.ts', 'src/dump/load.ts', 'src/deliveries/firing.ts'];
  test('has a reason and a bound; only migrations, loads, firing and the queue may lock rows of several users', () => {
    for (const { reason: because, bound, from = '', sql, rules } of exceptions) {
      expect([because, bound === 'limit' ? bound : bound.text]).not.toContain('');
      if (!mayLock.includes(from) && sql?.source !== 'duly_jobs') expect(rules).toBeUndefined();
    }
  });
});
