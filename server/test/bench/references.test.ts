import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScript } from '../../bench/pgbench.ts';
import { makeScripts, type ScriptName } from '../../bench/references.ts';
import { seed, taskId } from '../../bench/seed.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('a script without pgbench', () => {
  const script =
    '-- a comment\n\\set u random(0, :users - 1)\n\\set i random(:first, 4)\nselect :u::int, :i, :u;\n';

  test('is a statement with parameters', () => {
    const { text } = parseScript(script, { users: 3, first: 4 });
    expect(text).toBe('select $1::int, $2, $1;');
  });

  test('gets random numbers from its ranges', () => {
    const { makeValues } = parseScript(script, { users: 3, first: 4 });
    const values = Array.from({ length: 200 }, makeValues);
    expect([...new Set(values.map(([u]) => u))].sort()).toEqual(['0', '1', '2']);
    expect([...new Set(values.map(([, i]) => i))]).toEqual(['4']);
  });
});

describe('on one user with one task', () => {
  let app: TestApp;
  let client: pg.Client;
  beforeAll(async () => {
    app = await startApp();
    await seed(app.database.connection, { users: 1, tasksPerUser: 1, heavyUserTasks: 0 });
    client = new pg.Client(app.database.connection);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await app.close();
  });

  async function runScript(name: ScriptName): Promise<pg.QueryResult> {
    const { text, makeValues } = parseScript((await makeScripts())[name], { users: 1, tasks: 1 });
    return client.query(text, makeValues());
  }

  const stateOf = async () => {
    const { rows } = await client.query(
      `select t.title, t.version, t.completed_at is null as pending, t.revision = o.revision as stamped, o.revision::int
      from duly.tasks as t join duly.owners as o using (user_id) where t.id = $1`,
      [taskId(0, 1)],
    );
    return rows[0];
  };

  test('the lists and the get read the same task', async () => {
    const texts: string[] = [];
    for (const name of ['november list', 'own list', 'get'] as const)
      texts.push(JSON.stringify((await runScript(name)).rows));
    expect(texts.filter((text) => text.includes(taskId(0, 1)))).toHaveLength(3);
  });

  test('a patch and a complete raise the counter and change the task once', async () => {
    const before = await stateOf();
    expect((await runScript('patch')).rowCount).toBe(1);
    const patched = await stateOf();
    expect(patched).toMatchObject({
      version: before.version + 1,
      revision: before.revision + 1,
      stamped: true,
    });
    expect(patched.title).toBe(`Changed to ${before.version}`);
    expect((await runScript('complete')).rowCount).toBe(1);
    expect(await stateOf()).toMatchObject({
      pending: !before.pending,
      revision: before.revision + 2,
      stamped: true,
    });
  });

  test('a create raises the counter and inserts one task', async () => {
    const { revision } = await stateOf();
    expect((await runScript('create')).rowCount).toBe(1);
    const { rows } = await client.query('select title from duly.tasks where revision = $1', [revision + 1]);
    expect(rows).toEqual([{ title: 'Call number 7 about the meeting' }]);
  });
});
