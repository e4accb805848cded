import { sql } from 'kysely';
import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { listMigrations, migrateDown, migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { schemaMoveVersion } from '../../src/db/schema-location.ts';
import { startApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { asAdmin, createDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { silentLog as log } from '../support/log.ts';
import { startProcess } from '../support/process.ts';
import { newClient } from '../support/tasks.ts';

const newest = listMigrations().length;

/** Objects of another application with our names; one of its tables has the same columns as ours. */
const foreign = `
  create table public.users (id serial primary key, email text unique);
  create table public.tasks (id serial primary key, user_id int references public.users, title varchar(200));
  create table public.tags (name text primary key);
  create table public.owners (id int);
  create type public.task_priority as enum ('low', 'high');
  create table public.schema_migrations (version integer primary key, name text not null, applied_at timestamptz(3) not null default now());
  insert into public.schema_migrations (version, name) values (1, 'owners_tasks_tags'), (2, 'of_somebody_else');
  insert into public.users (email) select n || '@example.com' from generate_series(1, 50) n;
  insert into public.tasks (user_id, title) select n, 'task of another application ' || n from generate_series(1, 50) n;
  create function public.account_changed() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger account_changed before update on public.tasks for each row execute function public.account_changed();
  alter role duly in database :database set search_path = public`;

/**
 * Everything in `public`: the position of each row and the transaction that wrote it, in the tables and in the catalog.
 */
const everything = `
  select jsonb_build_array(
    (select jsonb_agg(to_jsonb(c) || jsonb_build_object('xmin', c.xmin::text) order by oid) from pg_class c where relnamespace = 'public'::regnamespace),
    (select jsonb_agg(to_jsonb(a) order by attrelid, attnum) from pg_attribute a join pg_class c on c.oid = attrelid where relnamespace = 'public'::regnamespace),
    (select jsonb_agg(p.xmin::text || p.oid order by oid) from pg_proc p where pronamespace = 'public'::regnamespace),
    (select jsonb_agg(y.xmin::text || y.oid order by oid) from pg_type y where typnamespace = 'public'::regnamespace),
    (select jsonb_agg(g.xmin::text || g.oid order by g.oid) from pg_trigger g join pg_class c on c.oid = tgrelid where relnamespace = 'public'::regnamespace),
    (select to_jsonb(n) from pg_namespace n where nspname = 'public'),
    (select jsonb_agg(r.ctid::text || r.xmin::text || r::text) from public.tasks r),
    (select jsonb_agg(r.ctid::text || r.xmin::text || r::text) from public.users r),
    (select jsonb_agg(r.ctid::text || r.xmin::text || r::text) from public.schema_migrations r)
  )::text as everything`;

/** Any session may update these statistics. */
const withoutCounts = (text: string) =>
  text.replaceAll(
    /"(relpages|reltuples|relallvisible|relallfrozen|relfrozenxid|relminmxid)": ?"?-?\d+"?/g,
    '',
  );

let database: TestDatabase;
let name: string;
let db: Db;

const migrate = (...args: string[]) =>
  startProcess(['migrate', ...args], { DATABASE_URL: urlOf(database.connection) }).ended;

beforeEach(async () => {
  database = await createDatabase('empty');
  name = database.connection.database;
  db = createDb({ connection: database.connection, max: 3, log });
  afterTest.push(async () => {
    await db.destroy();
    await database.drop();
  });
});

/** Restores the schema as it was before the move to `duly`, with a task and its tag. */
async function becomeOld(): Promise<void> {
  await migrateUp(db);
  for (let version = newest; version >= schemaMoveVersion; version -= 1) await migrateDown(db);
  await asAdmin(
    `insert into public.owners (user_id, revision) values ('ada', 7);
     insert into public.tasks (user_id, title, revision) values ('ada', 'milk', 7);
     insert into public.tags (user_id, name, revision) values ('ada', 'home', 7);
     insert into public.task_tags (user_id, task_id, name) select user_id, id, 'home' from public.tasks`,
    name,
  );
}

async function schemasOf(table: string): Promise<string[]> {
  const { rows } = await sql<{ schema: string }>`
    select relnamespace::regnamespace::text as schema from pg_class where relname = ${table} and relkind = 'r'`.execute(
    db,
  );
  return rows.map(({ schema }) => schema);
}

const settingsOf = () =>
  asAdmin<{ setting: string }>(
    `select unnest(setconfig) as setting from pg_db_role_setting s join pg_database d on d.oid = setdatabase where datname = '${name}' order by 1`,
  );

describe('beside another application in the same database', () => {
  beforeEach(() => asAdmin(foreign.replaceAll(':database', name), name));

  test('up, down to nothing and up leave public byte for byte as it was', async () => {
    const look = async () =>
      withoutCounts((await asAdmin<{ everything: string }>(everything, name))[0]?.everything ?? '');
    const before = await look();
    expect(before).toContain('task of another application 50');
    expect(await migrate('up')).toMatchObject({ code: 0, stderr: '' });
    expect(await look()).toBe(before);
    while ((await migrateDown(db)) !== null);
    expect(await look()).toBe(before);
    expect(await schemasOf('task_tags')).toEqual([]);
    expect(await migrate('up')).toMatchObject({ code: 0, stderr: '' });
    expect(await look()).toBe(before);
    expect(await schemasOf('tasks')).toEqual(expect.arrayContaining(['duly', 'public']));
    // Another application may use the same role.
    expect((await settingsOf()).map(({ setting }) => setting)).toEqual([
      'search_path=public',
      'statement_timeout=30s',
    ]);
  });

  test('the service and its triggers use their own tables, whatever the search path names first', async () => {
    await migrateUp(db);
    const app = await startApp({}, { database });
    try {
      const { v1, user } = await newClient(app);
      const { body } = await v1('POST', '/tasks', { title: 'ours', tags: ['home'] });
      expect((await v1('PATCH', `/tasks/${body.data.id}`, { priority: 'High' })).status).toBe(200);
      expect((await v1('GET', '/tasks?search=OURS&sort_by=priority')).body.pagination.total).toBe(1);
      expect((await v1('GET', '/changes')).body.data.length).toBeGreaterThan(0);
      const account = {
        email: 'ada@example.com',
        password: 'gentle-otter-42',
        first_name: 'Ada',
        last_name: '',
      };
      const registered = await app.request('POST', '/api/v1/auth/register', { body: account });
      expect(registered.status).toBe(201);
      const { access_token: token } = registered.body;
      expect(
        (await app.request('PATCH', '/api/v1/users/me', { token, body: { first_name: 'Augusta' } })).status,
      ).toBe(200);
      expect((await app.request('POST', '/api/v1/auth/logout', { token })).status).toBe(200);
      const { rows } = await sql`select from duly.access_events`.execute(db);
      expect(rows.length).toBeGreaterThan(0);
      expect((await v1('GET', '/audit')).body.data[0].user_id ?? user.id).toBe(user.id);
    } finally {
      await app.close();
    }
  });
});

describe('a Duly that has its tables in public', () => {
  beforeEach(becomeOld);

  test('is moved by migrate up with all it holds, and moved back by migrate down', async () => {
    expect(await schemasOf('tasks')).toEqual(['public']);
    const held = () =>
      sql`select t.*, tt.name, o.revision as seen from ${sql.table('tasks')} t join task_tags tt on tt.task_id = t.id join owners o on o.user_id = t.user_id`;
    const { rows: before } = await held().execute(db);
    const { code, stdout } = await migrate('up');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`up ${schemaMoveVersion} schema\n`)]);
    for (const table of ['tasks', 'audit', 'schema_migrations'])
      expect(await schemasOf(table)).toEqual(['duly']);
    const { rows } =
      await sql`select t.id, t.title, tt.name, o.revision as seen from duly.tasks t join duly.task_tags tt on tt.task_id = t.id join duly.owners o on o.user_id = t.user_id`.execute(
        db,
      );
    expect(before).toMatchObject(rows);
    expect((await migrate('status')).stdout).toContain(`the database is at version ${newest}`);
    for (let version = newest; version >= schemaMoveVersion; version -= 1) await migrateDown(db);
    expect(await schemasOf('tasks')).toEqual(['public']);
  });

  test('is not moved while an old instance is connected: one line says what to do first', async () => {
    for (const application_name of ['duly', 'duly listener']) {
      const old = new pg.Client({ ...database.connection, application_name });
      await old.connect();
      const { rows } = await old.query('select pg_backend_pid() as pid');
      const { code, stderr } = await migrate('up');
      expect([code, stderr]).toEqual([
        1,
        'migrate: this version moves the tables into the schema duly. Stop every instance of the old version first ' +
          `(1 connected, process ids ${rows[0].pid}), and copy DATA_DIR first, or back up the database\n`,
      ]);
      expect(await schemasOf('tasks')).toEqual(['public']);
      await old.end();
    }
    // Sessions of another database or application are not checked.
    const other = new pg.Client({ ...database.connection, application_name: 'psql' });
    await other.connect();
    expect((await migrate('up')).code).toBe(0);
    await other.end();
  });

  test('is told before it is served by this version what to do', async () => {
    const { code, stderr } = await startProcess(['serve'], {
      DATABASE_URL: urlOf(database.connection),
      BETTER_AUTH_SECRET: 'x'.repeat(32),
      PORT: '0',
    }).ended;
    expect([code, stderr]).toEqual([
      1,
      `DATABASE_URL: the schema is at version ${schemaMoveVersion - 1}, this Duly wants ${newest}; stop every instance of the old version, back up the database, then run: npm run migrate -- up\n`,
    ]);
  });

  test('is not moved onto something of somebody else: one line names it, and nothing has changed', async () => {
    await asAdmin(
      'create schema duly; create table duly.tags (a int); grant all on schema duly to duly',
      name,
    );
    const { code, stderr } = await migrate('up');
    expect([code, stderr]).toEqual([
      1,
      `migrate up ${schemaMoveVersion} schema: error: relation "tags" already exists in schema "duly" (SQLSTATE 42P07); nothing was changed\n`,
    ]);
    expect(await schemasOf('tasks')).toEqual(['public']);
  });

  test('is not moved while another session holds its tables: one line after 3 s', async () => {
    const holder = new pg.Client(database.connection);
    await holder.connect();
    await holder.query('begin; select from public.tasks');
    const { code, stderr } = await migrate('up');
    expect([code, stderr]).toEqual([
      1,
      'migrate: the tables are in use by another session, which has to end its transaction first; nothing was changed\n',
    ]);
    await holder.end();
    expect((await migrate('up')).code).toBe(0);
  });
});

test('a Duly in public is moved by a role that may not make schemas into the one that was made for it', async () => {
  await becomeOld();
  await asAdmin(
    `alter database ${name} owner to postgres; create schema duly authorization duly;
    create schema duly_jobs authorization duly; grant usage on schema public to duly`,
    name,
  );
  expect(await migrate('up')).toMatchObject({ code: 0, stderr: '' });
  expect(await schemasOf('tasks')).toEqual(['duly']);
});

test('a role that may not make schemas migrates into those that were made for it', async () => {
  await asAdmin(
    `revoke create on database ${name} from duly; alter database ${name} owner to postgres; create schema duly authorization duly`,
    name,
  );
  const { code, stderr } = await migrate('up');
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^DATABASE_URL: got a role that may not do what is needed \(.*permission denied for database [^\n]*\)\n$/,
    ),
  ]);
  expect(await schemasOf('tasks')).toEqual(['duly']);
});
