import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listTags } from '../../src/tags/queries.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { issuedStatements } from '../support/sql/collect.ts';
import { violationsOf } from '../support/sql/guard.ts';

// `test/support/sql/collect.ts` collects the application's statements, and `test/support/sql/setup.ts` checks them at
// the end of every test file. This file tests both.
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const tablesIn = (text: string) => violationsOf(text).map(({ table }) => table);

describe('a statement that says whose rows it touches', () => {
  test.each([
    'select * from duly.tasks where user_id = $1',
    'select * from duly.tasks t where $1 = t.user_id and t.id = $2',
    'select * from duly.tasks t join duly.task_tags tt on tt.user_id = $1 and tt.task_id = t.id where t.user_id = $2',
    'select * from duly.tasks t left join duly.task_tags tt on tt.user_id = $1 and tt.task_id = t.id where t.user_id = $1',
    'select array(select name from duly.task_tags tt where tt.user_id = $1 and tt.task_id = t.id) from duly.tasks t where t.user_id = $1',
    'with page as (select id from duly.tasks where user_id = $1) select * from page join duly.task_tags tt on tt.user_id = $1 and tt.task_id = page.id',
    'select * from (select) as asked left join duly.owners o on o.user_id = $1',
    "select 1 from duly.audit where user_id = ''",
    'select * from duly.tasks where user_id = $1::text collate "C"',
    'select name from duly.tags where user_id = $1 union select name from duly.task_tags where user_id = $1',
    'insert into duly.tasks (user_id, title) values ($1, $2) returning id',
    'insert into duly.owners as o (user_id) values ($1) on conflict (user_id) do update set revision = o.revision + 1',
    'insert into duly.tags (name, user_id) select title, $1 from duly.tasks where user_id = $1 on conflict do nothing',
    'insert into duly.tags (user_id, name) select $1, name from unnest($2::text[]) as name union all select $1::text, $3',
    'insert into duly.tasks (user_id, title) values ($1, $2), ($1, $3) returning id, created_at::date, version + 1',
    'insert into duly.audit_heads as h (user_id, hash) values ($1, $2) on conflict (user_id) do update set hash = sha256(h.hash || excluded.hash)',
    'update duly.tasks set title = $1, updated_at = statement_timestamp() where user_id = $2 and id = $3',
    'update duly.tasks t set title = g.name from duly.tags g where g.user_id = $1 and t.user_id = $1',
    'delete from duly.task_tags tt using duly.tasks t where t.user_id = $1 and tt.user_id = $1 and tt.task_id = t.id',
    'with moved as (insert into duly.owners (user_id) values ($1) returning revision) select revision, clock_timestamp() from moved',
    'select from duly.owners where user_id = $1 for update',
    'select t.id from duly.tasks t join pg_class c on c.oid = t.version where t.user_id = $1 for no key update of t skip locked',
    'select from better_auth."user" where id = $1 for no key update',
    'select * from better_auth.session where "userId" = $1 and id = $2',
    'select * from "better_auth"."user" where email = lower($1)',
    'select 1 from better_auth."user" u join better_auth.account a on a."userId" = u.id where u.email = $1',
    'select * from better_auth.jwks',
    'begin; set local statement_timeout = 1',
    'select 1 from pg_class',
  ])('passes: %s', (text) => {
    expect(violationsOf(text)).toEqual([]);
  });
});

describe('a statement that does not', () => {
  test.each([
    ['select * from duly.tasks', ['tasks']],
    ['select * from tasks where user_id = $1', ['tasks']],
    ['insert into owners (user_id) values ($1)', ['owners']],
    ['with page as (select 1) select * from page, pages', ['pages']],
    ['select * from duly.tasks where id = $1', ['tasks']],
    ['select * from duly.tasks t where t.id = $1', ['tasks']],
    ['select * from duly.tasks where user_id = $1 or completed_at is null', ['tasks']],
    ['select * from duly.tasks where not user_id = $1', ['tasks']],
    ['select * from duly.tasks where user_id <> $1', ['tasks']],
    ['select * from duly.tasks where user_id = any($1)', ['tasks']],
    ['select * from duly.tasks where user_id in ($1, $2)', ['tasks']],
    ['select * from duly.tasks where user_id = user_id', ['tasks']],
    ['select * from duly.tasks where user_id like $1', ['tasks']],
    ["select * from duly.tasks where coalesce(user_id, '') = $1", ['tasks']],
    [
      'select * from duly.tasks t, duly.task_tags tt where t.user_id = $1 and tt.task_id = t.id',
      ['task_tags'],
    ],
    [
      'select * from duly.tasks t join duly.task_tags tt on tt.task_id = t.id where t.user_id = $1',
      ['task_tags'],
    ],
    [
      'select * from duly.tasks t left join duly.task_tags tt on t.user_id = $1 and tt.user_id = $1',
      ['tasks'],
    ],
    [
      'select * from duly.tasks t full join duly.tags g on t.user_id = $1 and g.user_id = $1',
      ['tasks', 'tags'],
    ],
    ['select * from duly.tasks t join duly.tags g using (user_id)', ['tasks', 'tags']],
    [
      'select array(select name from duly.task_tags tt where tt.task_id = t.id) from duly.tasks t where t.user_id = $1',
      ['task_tags'],
    ],
    ['select * from duly.owners o where o.user_id = $1 and exists (select from duly.tasks)', ['tasks']],
    [
      'select * from duly.owners o where o.user_id in (select user_id from duly.tasks where id = $1)',
      ['tasks', 'owners'],
    ],
    ['select name from duly.tags where user_id = $1 union select name from duly.task_tags', ['task_tags']],
    ['with page as (select * from duly.tasks) select * from page where user_id = $1', ['tasks']],
    ['with tasks as (select 1) select * from duly.tasks', ['tasks']],
    ['select * from (select * from duly.tasks) t where t.user_id = $1', ['tasks']],
    [
      'select 1 from duly.owners o join (select id from duly.tasks where user_id = $1) t on o.user_id = t.id::text',
      ['owners'],
    ],
    ['insert into duly.tasks (title) values ($1)', ['tasks']],
    ['insert into duly.tags (user_id, name) select user_id, title from duly.tasks', ['tags', 'tasks']],
    [
      'insert into duly.tasks (user_id, id) values ($1, $2) on conflict (id) do update set title = $3',
      ['tasks'],
    ],
    [
      'insert into duly.owners (user_id) values ($1) on conflict (user_id) do update set user_id = $2',
      ['owners'],
    ],
    ['update duly.tasks set title = $1', ['tasks']],
    ['update duly.tasks set user_id = $1 where user_id = $2', ['tasks']],
    ['update duly.tasks t set title = g.name from duly.tags g where g.user_id = $1', ['tasks']],
    ['delete from duly.tasks where id = $1', ['tasks']],
    ['delete from duly.tasks where id in (select id from duly.tasks where user_id = $1)', ['tasks']],
    ['with gone as (delete from duly.tasks where id = $1 returning *) select 1 from gone', ['tasks']],
    ['select 1; delete from duly.audit', ['audit']],
    ['truncate duly.tasks', ['']],
    ['merge into duly.tasks using duly.tags on true when matched then delete', ['']],
    ['select * from better_auth.session where "expiresAt" < now()', ['better_auth.session']],
    ['update better_auth."user" set role = $1', ['better_auth.user']],
    ['insert into better_auth.session (token) values ($1)', ['better_auth.session']],
  ])('is refused, naming the table: %s', (text, tables) => {
    expect(tablesIn(text).sort()).toEqual([...tables].sort());
  });
});

test('what the application asks is collected with the file that asks; what tests ask is not', async () => {
  const { v1, token, id } = await app.newUser();
  const { body } = await app.request('POST', `${v1}/tasks`, { token, body: { title: 'x', tags: ['a'] } });
  await app.request('GET', `${v1}/tasks/${body.data.id}`, { token });
  await app.request('GET', `${v1}/tasks?search=x&tags=a&sort_by=due_date&limit=1`, { token });
  await app.request('POST', '/api/v1/auth/login', {
    body: { email: 'nobody@example.com', password: 'gentle-otter-42' },
  });
  await sql`select count(*) as asked_by_a_test from duly.tasks`.execute(app.ctx.db);
  await listTags(app.ctx.db, id, { limit: 1 });
  const all = [...issuedStatements.values()];
  for (const from of [
    'src/writes/store-changes.ts',
    'src/db/keyset-page.ts',
    'src/tags/queries.ts',
    'src/writes/revisions.ts',
    'src/audit/queries.ts',
  ])
    expect(
      all.map((one) => one.from),
      from,
    ).toContain(from);
  expect(all.some(({ sql }) => sql.includes('"better_auth"."user"'))).toBe(true);
  expect(all.some(({ sql }) => sql.includes('asked_by_a_test'))).toBe(false);
  if (process.env.SHOW) for (const { from, sql } of all) console.log(from, '|', sql.replaceAll(/\s+/g, ' '));
});
