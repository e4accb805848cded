import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ChannelTarget, SendResult } from '../../src/senders/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { runConcurrently } from '../support/client.ts';
import { urlOf } from '../support/database.ts';
import { sent, startTestWorker, timedOut } from '../support/delivery-worker.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';

const refused: SendResult = { outcome: 'failed', error: 'smtp_status', status: 550, isPermanent: true };

let app: TestApp;
/** What the receivers of each user answer, by the beginning of the address. */
const answers: Record<string, SendResult> = { good: sent, busy: timedOut, wrong: refused };
const send = vi.fn(async (target: ChannelTarget) => {
  const [prefix = ''] = target.type === 'email' ? target.address.split('-') : [];
  return answers[prefix] ?? sent;
});

beforeAll(async () => {
  app = await startApp();
  for (const [prefix, users] of [
    ['good', 3],
    ['busy', 2],
    ['wrong', 2],
  ] as const)
    await insertReminders(app.database, { users, perUser: 1, prefix });
});
afterAll(() => app.close());

async function jobs(...args: string[]) {
  const env = { DATABASE_URL: urlOf(app.database.connection) };
  const { code, stdout, stderr } = await startProcess(['jobs', ...args], env).ended;
  return {
    code,
    stdout,
    stderr,
    rows: stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  };
}

const until = (counts: Record<string, number>) =>
  vi.waitFor(async () => expect(await deliveryCounts(app.database)).toEqual(counts), patience);
const idsOf = (status: string) =>
  queryAsAdmin<{ id: string }>(
    app.database,
    `select id from duly.deliveries where status = '${status}'`,
  ).then((rows) => rows.map(({ id }) => id));

test('deliveries are counted, listed, tried again and cancelled, beside a worker that sends them', async () => {
  startTestWorker(app, send);
  await until({ sent: 3, queued: 2, failed: 2 });
  await vi.waitFor(async () => expect((await idsOf('queued')).length).toBe(2), patience);
  const waiting = "select id from duly.deliveries where status = 'queued' and next_try_at is not null";
  await vi.waitFor(async () => expect(await queryAsAdmin(app.database, waiting)).toHaveLength(2), patience);

  const counted = await jobs();
  expect([counted.code, counted.stderr]).toEqual([0, '']);
  expect(counted.rows).toEqual([
    ['kind', 'channel', 'status', 'count'],
    ['reminder', 'email', 'failed', '2'],
    ['reminder', 'email', 'queued', '2'],
    ['reminder', 'email', 'sent', '3'],
  ]);
  const [heading, ...failed] = (await jobs('list', 'failed')).rows;
  const time = expect.stringMatching(/^20\S+Z$/);
  expect(heading).toEqual([
    'id',
    'status',
    'kind',
    'channel',
    'attempts',
    'scheduled_at',
    'next_try_at',
    'error',
    'user',
  ]);
  expect(failed.map(([, ...row]) => row)).toEqual(
    ['wrong-0', 'wrong-1'].map(() => [
      'failed',
      'reminder',
      'email',
      '1',
      time,
      '-',
      'smtp_status',
      expect.any(String),
    ]),
  );
  expect(failed.map((row) => row.at(-1)).sort()).toEqual(['wrong-0', 'wrong-1']);
  const queued = (await jobs('list')).rows.slice(1);
  expect(queued.map(([, ...row]) => row.slice(0, 7))).toEqual(
    [0, 1].map(() => ['queued', 'reminder', 'email', '1', time, time, 'timeout']),
  );

  // One by its id, then all of a status. The notification wakes the worker long before the next try.
  answers.busy = sent;
  answers.wrong = sent;
  const [one = '', other = ''] = await idsOf('queued');
  expect(await jobs('retry', one)).toMatchObject({ code: 0, stdout: '1 queued\n' });
  await until({ sent: 4, queued: 1, failed: 2 });
  expect(await jobs('cancel', other)).toMatchObject({ code: 0, stdout: '1 cancelled\n' });
  expect((await jobs('list', 'cancelled')).rows[1]?.slice(0, 2)).toEqual([other, 'cancelled']);
  expect((await jobs('list', 'cancelled')).rows[1]?.at(-2)).toBe('by_operator');
  expect(await jobs('retry', 'failed')).toMatchObject({ code: 0, stdout: '2 queued\n' });
  await until({ sent: 6, cancelled: 1 });
  expect(await jobs('retry', 'cancelled')).toMatchObject({ code: 0, stdout: '1 queued\n' });
  await until({ sent: 7 });
  expect(send).toHaveBeenCalledTimes(11);
  expect(await jobs('cancel', 'queued')).toMatchObject({ code: 0, stdout: '0 cancelled\n' });
  const audited = await queryAsAdmin<{ action: string; count: number }>(
    app.database,
    `select entry->>'action' as action, count(*)::int as count from (select to_jsonb(a) as entry from duly.audit as a) as e
     where entry->>'action' like 'delivery.%' group by 1 order by 1`,
  );
  expect(audited).toEqual([
    { action: 'delivery.cancel', count: 1 },
    { action: 'delivery.retry', count: 4 },
  ]);
});

test('what is being sent is not sent once more by a retry of all that are queued', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<SendResult>();
  await insertReminders(app.database, { users: 1, perUser: 1, prefix: 'slow' });
  const slow = vi.fn(() => held);
  startTestWorker(app, slow);
  await vi.waitFor(() => expect(slow).toHaveBeenCalledTimes(1), patience);
  expect(await jobs('retry', 'queued')).toMatchObject({ code: 0, stdout: '0 queued\n' });
  release(sent);
  await until({ sent: 8 });
  expect(slow).toHaveBeenCalledTimes(1);
});

test('what the command cannot take is one line, and exit code 1', async () => {
  const unknown = randomUUID();
  const [done = ''] = await idsOf('sent');
  const bad: [string[], string][] = [
    [['dance'], 'jobs: got "dance", wants list, counts, retry, cancel'],
    [['list', 'lost'], 'jobs list: got "lost", wants queued, sent, failed, cancelled'],
    [['list', 'sent', 'x'], 'jobs list: got "x", wants [STATUS]'],
    [['counts', 'x'], 'jobs counts: got "x", wants no more arguments'],
    [['retry'], 'jobs retry: got "", wants the id of a delivery, or failed, cancelled, queued'],
    [['retry', 'sent'], 'jobs retry: got "sent", wants the id of a delivery, or failed, cancelled, queued'],
    [['cancel'], 'jobs cancel: got "", wants the id of a delivery, or queued'],
    [['cancel', 'failed'], 'jobs cancel: got "failed", wants the id of a delivery, or queued'],
    ...[unknown, done].flatMap((id): [string[], string][] => [
      [
        ['retry', id],
        `jobs retry: got "${id}", wants the id of a delivery that is failed or cancelled or queued`,
      ],
      [['cancel', id], `jobs cancel: got "${id}", wants the id of a delivery that is queued`],
    ]),
  ];
  await runConcurrently(bad, 2, async ([args, line]) => {
    expect([args, await jobs(...args)]).toMatchObject([args, { code: 1, stdout: '', stderr: `${line}\n` }]);
  });
});
