import { expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { startApp } from '../support/app.ts';
import { asAdmin } from '../support/database.ts';
import { readFeedPage } from '../support/feed.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { newClient } from '../support/tasks.ts';

const ways = [
  'directly',
  ...(hasPgBouncer('a database with settings of its own, behind a pooler') ? ['behind a pooler'] : []),
];

test.each(ways)(
  'a database that writes times, intervals and bytes its own way says the same, %s',
  async (way) => {
    const app = await startApp();
    const { database } = app.database.connection;
    for (const setting of [
      "datestyle = 'German, DMY'",
      "timezone = 'Asia/Kolkata'",
      "intervalstyle = 'sql_standard'",
      "bytea_output = 'escape'",
      'extra_float_digits = -3',
    ])
      await asAdmin(`alter database "${database}" set ${setting}`);
    const env: Record<string, string> =
      way === 'directly' ? {} : { DATABASE_URL: await startPgBouncer(app.database) };
    const on = await startApp(env, app);

    const client = await newClient(on);
    const fields = { title: 'a', due_date: '2027-02-03', tags: ['x'] };
    const key = { 'idempotency-key': 'once' };
    const created = await client.v1('POST', '/tasks', fields, key);
    expect(created.status).toBe(201);
    expect((await client.v1('POST', '/tasks', fields, key)).text).toBe(created.text);
    const task = created.body.data;
    expect(Math.abs(Date.parse(task.created_at) - Date.now())).toBeLessThan(3_600_000);
    expect(await client.get(task.id)).toEqual(task);
    expect(await client.list('?due_before=2027-02-04&sort_by=created_at')).toEqual([task]);
    const { body } = await client.bare('PATCH', `/tasks/${task.id}/complete`);
    expect(Date.parse(body.completed_at)).toBeGreaterThanOrEqual(Date.parse(task.created_at));
    expect((await readFeedPage(client)).data.at(-1)?.task).toEqual(await client.get(task.id));

    const account = await registerAccount(on);
    expect(await account.statusOf(account.token)).toBe(200);
    await on.close();
    await app.close();
  },
);
