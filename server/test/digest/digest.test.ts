import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeDigest } from '../../src/digest/compose.ts';
import { findDigestTasks } from '../../src/digest/queries.ts';
import { unsubscribeUrl } from '../../src/digest/unsubscribe.ts';
import { type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A Monday, at 08:00 in Berlin. */
const now = new Date('2026-11-30T07:00:00Z');
const zone = 'Europe/Berlin';

async function newReader(profile: object = {}): Promise<RegisteredAccount> {
  const account = await registerAccount(app);
  await sql`update better_auth."user" set "emailVerified" = true where id = ${account.id}`.execute(
    app.ctx.db,
  );
  await ask(account, 'PATCH', '', { digest_hour: 8, time_zone: zone, locale: 'en-GB', ...profile });
  return account;
}

async function ask({ send, token }: RegisteredAccount, method: string, below: string, body?: object) {
  const reply = await send(token, method, below, body);
  expect(reply.status).toBeLessThan(300);
  return reply.body.data;
}
const create = (reader: RegisteredAccount, title: string, fields: object) =>
  ask(reader, 'POST', '/tasks', { title, ...fields });
const compose = ({ id }: RegisteredAccount, at = now) =>
  composeDigest(app.ctx.db, id, app.ctx.config.auth, at);
/** The plain part without its footer. */
const textOf = async (reader: RegisteredAccount) => (await compose(reader))?.text.split('\n\n-- \n')[0];

describe('the digest', () => {
  test('has overdue, today and the coming days, by time and priority, each task once', async () => {
    const reader = await newReader();
    const project = await ask(reader, 'POST', '/projects', { name: 'Home' });
    const tasks: [string, object][] = [
      ['last of next week', { due_date: '2026-12-07' }],
      ['beyond', { due_date: '2026-12-08' }],
      ['low', { due_date: '2026-11-30', priority: 'Low' }],
      ['at noon', { due_date: '2026-11-30', due_time: '12:00', project_id: project.id }],
      ['high', { due_date: '2026-11-30', priority: 'High' }],
      ['this morning', { due_date: '2026-11-30', due_time: '07:30' }],
      ['long ago', { due_date: '2026-11-01' }],
      ['in Tokyo', { due_date: '2026-12-01', due_time: '01:00', time_zone: 'Asia/Tokyo' }],
      ['daily', { due_date: '2026-12-01', recurrence: 'FREQ=DAILY' }],
      ['evening', { due_date: '2026-12-01', due_time: '20:00', priority: 'High' }],
      ['some day', {}],
    ];
    for (const [title, fields] of tasks) await create(reader, title, fields);
    expect(await textOf(reader)).toBe(`Monday 30 November

Overdue (2)

- long ago
  Sunday 1 November
- this morning
  Monday 30 November at 07:30

Today (4)

- high
  High priority
- low
- at noon
  12:00 · Home
- in Tokyo
  17:00

Next 7 days (3)

Tuesday 1 December
- daily
  Repeats
- evening
  20:00 · High priority

Monday 7 December
- last of next week`);
  });

  test('leaves out what lists by the clock leave out, and what others have', async () => {
    const [reader, other] = [await newReader(), await newReader()];
    const due = { due_date: '2026-11-30' };
    const archived = await ask(reader, 'POST', '/projects', { name: 'Old' });
    await create(reader, 'archived', { ...due, project_id: archived.id });
    await ask(reader, 'PATCH', `/projects/${archived.id}`, { archived: true });
    await create(reader, 'starts later', { ...due, start_date: '2026-12-01' });
    await create(reader, 'done', { ...due, completed: true });
    const { id } = await create(reader, 'in the trash', due);
    await ask(reader, 'DELETE', `/tasks/${id}`);
    await create(other, 'of another user', due);
    expect(await compose(reader)).toBeNull();
    await create(reader, 'starts today', { ...due, start_date: '2026-11-30' });
    expect(await textOf(reader)).toBe('Monday 30 November\n\nToday (1)\n\n- starts today');
  });

  test('names 20 tasks of each part, the most urgent ones, and says how many more there are', async () => {
    const reader = await newReader();
    const operations = Array.from({ length: 60 }, (_, index) => ({
      op: 'create',
      title: `task ${index}`,
      due_date: index < 35 ? '2026-11-30' : '2026-12-03',
      priority: index === 34 ? 'High' : 'Low',
    }));
    await ask(reader, 'POST', '/tasks/bulk', { operations });
    const text = (await textOf(reader)) ?? '';
    expect(text.match(/^- /gm)).toHaveLength(40);
    expect(text).toMatch(/Today \(35\)\n\n- task 34\n/);
    expect(text).toContain('and 15 more\n\nNext 7 days (25)');
    expect(text).toMatch(/and 5 more$/);
  });

  test('says that today is free, if other days are not', async () => {
    const reader = await newReader({ locale: 'de' });
    await create(reader, 'Brot', { due_date: '2026-12-01' });
    const mail = await compose(reader);
    expect(mail?.subject).toBe('Aufgaben für Montag, 30. November');
    expect(await textOf(reader)).toContain('Heute\n\nHeute ist nichts fällig.\n\nDie nächsten 7 Tage (1)');
  });

  test('is of the day and the time that the zone of the profile has', async () => {
    const reader = await newReader({ time_zone: 'Pacific/Auckland' });
    await create(reader, 'there', { due_date: '2026-11-30', due_time: '21:00' });
    // 01:00 on the next day in Auckland.
    const mail = await compose(reader, new Date('2026-11-30T12:00:00Z'));
    expect(mail?.text).toMatch(
      /^Tuesday 1 December\n\nOverdue \(1\)\n\n- there\n {2}Monday 30 November at 21:00\n/,
    );
  });

  test('goes to the verified address, with the link of one click', async () => {
    const reader = await newReader();
    await create(reader, 'x', { due_date: '2026-11-30' });
    const url = unsubscribeUrl(app.ctx.config.auth, reader.id);
    const mail = await compose(reader);
    expect(mail).toMatchObject({
      to: reader.email,
      headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
    expect(mail?.text).toContain(`You get this mail every day at 08:00.\nUnsubscribe: ${url}\n`);
    expect(mail?.html).toContain(`href="${url}"`);
  });

  test.each([
    ['is off', (id: string) => sql`update duly.profiles set digest_hour = null where user_id = ${id}`],
    [
      'has an address that is not verified',
      (id: string) => sql`update better_auth."user" set "emailVerified" = false where id = ${id}`,
    ],
    [
      'is of a banned user',
      (id: string) => sql`insert into duly.user_access (user_id, banned_at) values (${id}, now())`,
    ],
    ['is of a deleted account', (id: string) => sql`delete from better_auth."user" where id = ${id}`],
  ])('is none if it %s', async (_, change) => {
    const reader = await newReader();
    await create(reader, 'x', { due_date: '2026-11-30' });
    expect(await compose(reader)).not.toBeNull();
    await change(reader.id).execute(app.ctx.db);
    expect(await compose(reader)).toBeNull();
  });

  test('of a zone that the database does not know is made all the same', async () => {
    const reader = await newReader({ time_zone: 'europe/berlin' });
    await create(reader, 'x', { due_date: '2026-11-30' });
    expect(await textOf(reader)).toContain('Today (1)');
    expect(await findDigestTasks(app.ctx.db, reader.id, { zone: 'Europe/Berlin', now })).toMatchObject([
      { part: 'today', total: 1, title: 'x', due_at: null, repeats: false, project_name: null },
    ]);
  });
});
