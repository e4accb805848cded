import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { newClient } from '../support/tasks.ts';

/** A Wednesday. In Auckland it is Thursday already. */
const now = new Date('2026-11-25T13:30:00.000Z');

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ RATE_LIMIT_PER_USER: 'off', RATE_LIMIT_PER_IP: 'off' });
});
afterAll(() => app.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
});
afterEach(() => {
  vi.useRealTimers();
});

const path = '/tasks/quick';

test('a line of text becomes a task, and the answer says which ranges were understood', async () => {
  const client = await newClient(app);
  const { body: project } = await client.v1('POST', '/projects', { name: 'Home' });
  const text = 'Pay rent every month on the 1st at 9am #home @money !high';
  const { status, body } = await client.v1('POST', path, { text });
  expect(status).toBe(200);
  const { task, fields, understood } = body.data;
  const expected = {
    title: 'Pay rent',
    due_date: '2026-12-01',
    due_time: '09:00',
    recurrence: expect.stringContaining('FREQ=MONTHLY'),
    priority: 'High',
    project_id: project.data.id,
    tags: ['money'],
  };
  expect(fields).toEqual(expected);
  expect(task).toMatchObject({ ...expected, due_at: '2026-12-01T09:00:00.000Z', occurrence: '2026-12-01' });
  expect(await client.get(task.id)).toEqual(task);
  const kinds = understood.map(({ kind }: { kind: string }) => kind);
  expect(kinds.toSorted()).toEqual(['priority', 'project', 'repeat', 'tag', 'time']);
  for (const { start, end, text: part } of understood) expect(text.slice(start, end)).toBe(part);
});

test('days are those of the time zone in the profile', async () => {
  const client = await newClient(app);
  await client.v1('PATCH', '', { time_zone: 'Pacific/Auckland' });
  const { body } = await client.v1('POST', path, { text: 'Swim today at 5pm' });
  expect(body.data.task).toMatchObject({ due_date: '2026-11-26', due_at: '2026-11-26T04:00:00.000Z' });
});

test('with dry_run the same is shown, and nothing is stored', async () => {
  const client = await newClient(app);
  await client.create({ title: 'only' });
  const { body: before } = await client.v1('GET', '/changes');
  const text = 'Call Ada tomorrow @phone';
  const { status, body } = await client.v1('POST', path, { text, dry_run: true });
  expect([status, body.data.task]).toEqual([200, null]);
  const { body: after } = await client.v1('GET', '/changes');
  expect(after.data).toEqual(before.data);
  const { body: stored } = await client.v1('POST', path, { text });
  expect(stored.data).toMatchObject({ fields: body.data.fields, understood: body.data.understood });
});

test('with dry_run a text is refused as without it, when its rule has no further date', async () => {
  const client = await newClient(app);
  for (const text of ['Party 31 december 2100 every day', 'Leap 29 february 2028 every 29 years'])
    for (const dry_run of [true, false]) {
      const { status, body } = await client.v1('POST', path, { text, dry_run });
      expect([text, dry_run, status, body.errors]).toEqual([
        ...[text, dry_run, 422],
        [
          expect.objectContaining({
            loc: ['body', 'text'],
            msg: expect.stringContaining('has no date after'),
          }),
        ],
      ]);
    }
});

test('no sentence of the table stores what dry_run did not show', async () => {
  const client = await newClient(app);
  const table = await readFile(new URL('../../../quick-add/test/sentences.tsv', import.meta.url), 'utf8');
  const texts = table
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t')[0] ?? '')
    .filter((text) => text.trim() !== '');
  expect(texts.length).toBeGreaterThan(200);
  for (const text of texts) {
    const { status, body: shown } = await client.v1('POST', path, { text, dry_run: true });
    const { status: stored, body } = await client.v1('POST', path, { text });
    expect(stored, text).toBe(status);
    if (status !== 200) continue;
    expect(body.data, text).toMatchObject({ fields: shown.data.fields, understood: shown.data.understood });
    expect(body.data.task, text).toMatchObject(shown.data.fields);
    const plain = { due_date: null, due_time: null, recurrence: null, priority: 'Medium', tags: [] };
    expect(body.data.task, text).toMatchObject({ ...plain, ...shown.data.fields, project_id: null });
  }
}, 60_000);

test('a name of no project stays in the title; case counts only where names differ by it', async () => {
  const client = await newClient(app);
  const make = async (name: string) => (await client.v1('POST', '/projects', { name })).body.data.id;
  const [upper, lower] = [await make('Work'), await make('work')];
  const projectOf = async (text: string) => {
    const { task } = (await client.v1('POST', path, { text })).body.data;
    return [task.title, task.project_id];
  };
  expect(await projectOf('Plan #garden')).toEqual(['Plan #garden', null]);
  expect(await projectOf('Plan #Work')).toEqual(['Plan', upper]);
  expect(await projectOf('Plan #work')).toEqual(['Plan', lower]);
  expect(await projectOf('Plan #WORK')).toEqual(['Plan #WORK', null]);
  const other = await newClient(app);
  const { body } = await other.v1('POST', path, { text: 'Plan #Work' });
  expect(body.data.task.title).toBe('Plan #Work');
});

test('a text that leaves no title, or too long a one, is refused by name, and nothing is stored', async () => {
  const client = await newClient(app);
  const tags = Array.from({ length: 21 }, (_, index) => `@t${index}`).join(' ');
  for (const text of ['tomorrow at 9am', 'x'.repeat(201), `Much ${tags}`]) {
    const { status, body } = await client.v1('POST', path, { text });
    expect([status, body.errors?.[0].loc], text).toEqual([422, ['body', 'text']]);
  }
  for (const body of [{}, { text: '' }, { text: 5 }, { text: 'x', dry_run: 'yes' }, { text: 'x', more: 1 }])
    expect((await client.v1('POST', path, body)).status).toBe(422);
  expect((await client.v1('GET', '/tasks')).body.pagination.total).toBe(0);
});

test('sent twice under one key, it is one task, and the answer is the same on the next day too', async () => {
  const client = await newClient(app);
  const headers = { 'idempotency-key': randomUUID() };
  const body = { text: 'Water the plants tomorrow' };
  const first = await client.v1('POST', path, body, headers);
  vi.setSystemTime(now.getTime() + 86_400_000);
  const again = await client.v1('POST', path, body, headers);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.text).toBe(first.text);
  vi.setSystemTime(now);
  expect((await client.v1('GET', '/tasks')).body.pagination.total).toBe(1);
});

test('sent again under its key, it is answered as before, also where its text could not be a task any more', async () => {
  const client = await newClient(app);
  const headers = { 'idempotency-key': randomUUID() };
  const body = { text: '#Home' };
  const first = await client.v1('POST', path, body, headers);
  expect([first.status, first.body.data.task.title]).toEqual([200, '#Home']);
  await client.v1('POST', '/projects', { name: 'Home' });
  const again = await client.v1('POST', path, body, headers);
  expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
  const other = await client.v1('POST', path, { text: '#home' }, headers);
  expect(other.body.error_code).toBe('IDEMPOTENCY_KEY_REUSED');
  const refused = await client.v1('POST', path, body, { 'idempotency-key': randomUUID() });
  expect([refused.status, refused.body.errors?.[0].msg]).toEqual([
    422,
    'leaves no title: all of it was understood',
  ]);
  expect((await client.v1('GET', '/tasks')).body.pagination.total).toBe(1);
});
