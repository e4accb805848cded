import { connect } from 'node:net';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { startWorkerProcess } from '../support/delivery-worker.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import { repeatsIn, startMailSink, whenArrived } from '../support/mail-sink.ts';
import { postTask, responseStatus, waitUntil } from '../support/process.ts';
import { deliveryCounts, insertReminders } from '../support/reminder-rows.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';
import { isAlive, startWorkers } from '../support/workers.ts';

/** A process that gets SIGUSR2 never turns its event loop again. */
const hangsOnSignal = {
  NODE_OPTIONS: '--import=data:text/javascript,process.on(`SIGUSR2`,()=>{for(;;);})',
};

test('a worker whose event loop is blocked is replaced, and others serve meanwhile; a stop does not wait for one', async () => {
  const server = await startWorkers({
    ...{ DATABASE_URL: await createMigratedDatabase(), ...hangsOnSignal },
    ...{ WORKER_TIMEOUT_SECONDS: '2', SHUTDOWN_TIMEOUT_SECONDS: '5' },
  });
  const [hung = 0, other = 0] = server.pids();
  process.kill(hung, 'SIGUSR2');
  await waitUntil(() => !isAlive(hung));
  await waitUntil(() => server.lines().filter(({ msg }) => msg === 'a worker serves').length >= 1);
  await waitUntil(() => server.pids().length === 2);
  const [killed] = server.lines().filter(({ msg }) => msg === 'a worker hangs, and is killed');
  expect(killed).toMatchObject({ worker_pid: hung, seconds: 2 });
  expect(server.pids()).toContain(other);
  expect(await postTask(server.url, 'ada', 'served')).not.toBeNull();

  process.kill(other, 'SIGUSR2');
  const begin = performance.now();
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(performance.now() - begin).toBeLessThan(20_000);
});

test('clients that are slow, and a statement that waits, do not keep the server longer than SHUTDOWN_TIMEOUT_SECONDS', async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const server = await startTestServer({
    ...{ DATA_DIR: await newDataDirectory(), DATABASE_URL, SHUTDOWN_TIMEOUT_SECONDS: '7' },
  });
  await postTask(server.url, 'ada', 'first');
  const blocker = new pg.Client(DATABASE_URL);
  await blocker.connect();
  afterTest.push(() => blocker.end());
  await blocker.query("begin; select from duly.owners where user_id = 'ada' for update");
  const blocked = postTask(server.url, 'ada', 'blocked');
  const { port } = new URL(server.url);
  const slow = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  afterTest.push(() => slow.destroy());
  slow.write('POST /api/ada/tasks HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
  await waitUntil(async () => (await countLockWaits((text) => blocker.query(text))) === 1);
  const begin = performance.now();
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(performance.now() - begin).toBeLessThan(20_000);
  expect(await blocked).toBeNull();
  expect(await responseStatus(`${server.url}/health`)).toBe(0);
});

/** A claim without a sign of life ends after this time. */
const claimMs = 30_000;

test('a worker that stops while it sends finishes what it began and returns the rest: another one sends that at once', async () => {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  await insertReminders(database, { users: 20, perUser: 10 });
  const sink = await startMailSink(20);
  const env = { DATABASE_URL: urlOf(database.connection), ...sink.settings };
  const arrived = whenArrived(sink, 50);
  const first = startWorkerProcess(env);
  await arrived;
  const begin = performance.now();
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(0);
  expect(sink.arrivals.size).toBeLessThan(200);
  startWorkerProcess(env);
  const allSent = async () => expect(await deliveryCounts(database)).toEqual({ sent: 200 });
  await vi.waitFor(allSent, { timeout: 60_000, interval: 50 });
  expect(performance.now() - begin).toBeLessThan(claimMs);
  expect([sink.arrivals.size, repeatsIn(sink)]).toEqual([200, 0]);
});
