import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import type { LinkFailure } from '../support/database-link.ts';
import { responseStatus, waitUntil } from '../support/process.ts';
import {
  createStaleSetup,
  expectAllRefused,
  expectStale,
  get,
  newUserWithTasks,
  readAll,
  type StaleSetup,
  staleWarning,
  waitUntilAccessEventsAreOld,
} from '../support/stale-setup.ts';
import { newClient } from '../support/tasks.ts';

let stage: StaleSetup;
/** An instance without SERVE_STALE. It connects to the database through the same forwarder. */
let strict: TestApp;
beforeAll(async () => {
  stage = await createStaleSetup();
  strict = await startApp({}, stage.line.viaLink);
});
afterEach(restore);
afterAll(async () => {
  await strict.close();
  await stage.close();
});

/** Mends the link, and waits until both instances have noticed. */
async function restore(): Promise<void> {
  await stage.line.restore();
  await waitUntil(async () => (await responseStatus(`${strict.url}/health/ready`)) === 200);
}

/** 3 s, plus some for a busy machine. The time-out of a statement is 30 s. */
const soonMs = 3_000 + 4_000;

/** The duration of `work`, in ms. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

describe.each(['gone', 'frozen'] as LinkFailure[])('while the database is %s', (trouble) => {
  test('cached responses are served as stale within 3 s, and fresh ones once it is back', async () => {
    const { app, line, lenient } = stage;
    const { client, paths } = await newUserWithTasks(app);
    const kept = await readAll(lenient, client, paths);
    await line.breakLink(trouble);
    await client.create({ title: 'made elsewhere meanwhile' });
    await waitUntilAccessEventsAreOld(async () => {
      const ms = await timed(async () => expectStale(await readAll(lenient, client, paths), kept));
      expect(ms).toBeLessThan(soonMs);
    });
    const etag = kept[0]?.headers.get('etag') ?? '';
    const held = await get(lenient, paths[0] ?? '', client.user, { 'if-none-match': etag });
    expect([held.status, held.text, held.headers.get('warning')]).toEqual([304, '', staleWarning]);
    await restore();
    const fresh = await readAll(lenient, client, paths);
    expect(fresh[0]?.text).toContain('made elsewhere meanwhile');
    expect(fresh.map(({ headers }) => [headers.get('warning'), headers.get('age')])).toEqual(
      paths.map(() => [null, null]),
    );
  });

  test('reads that are not cached, unknown users and all writes are refused within 3 s', async () => {
    const { app, line, lenient } = stage;
    const { client, id, paths } = await newUserWithTasks(app);
    const { user } = client;
    const [known, unknown] = [await newClient(app), await newClient(app)];
    await readAll(lenient, client, paths);
    await get(lenient, known.user.v1, known.user);
    const token = await mintToken({ sub: user.id, jti: 'never met' });
    await line.breakLink(trouble);
    const send = (method: string, path: string, body?: unknown) =>
      lenient.request(method, path, { token: user.token, body });
    const notKept = () => [
      send('GET', `${user.v1}/tasks?limit=7`),
      send('GET', `${user.bare}/tags`),
      get(lenient, `${user.v1}/tasks`, { token }),
      get(lenient, `${known.user.v1}/tasks`, known.user),
      get(lenient, `${unknown.user.v1}/tasks`, unknown.user),
    ];
    const others = () => [
      send('GET', `${user.v1}/sessions`),
      send('GET', `${user.v1}/audit`),
      send('POST', `${user.v1}/tasks`, { title: 'x' }),
      send('PATCH', `${user.v1}/tasks/${id}`, { title: 'x' }),
      send('DELETE', `${user.bare}/tasks/${id}`),
      lenient.request('POST', '/api/v1/auth/login', {
        body: { email: 'a@example.com', password: 'gentle-otter-42' },
      }),
    ];
    await waitUntilAccessEventsAreOld(async () => {
      expect(await timed(() => expectAllRefused(notKept()))).toBeLessThan(soonMs);
    });
    expect(await timed(() => expectAllRefused([...notKept(), ...others()]))).toBeLessThan(soonMs);
    expect((await get(lenient, `${user.v1}/tasks`, known.user)).status).toBe(403);
    expect((await lenient.request('GET', `${user.v1}/tasks`)).status).toBe(401);
    expect((await client.list()).map(({ title }) => title)).toEqual(['kept']);
  });

  test('nothing is served unless the operator allows it: 503 within 3 s', async () => {
    const { app, line } = stage;
    const { client, paths } = await newUserWithTasks(app);
    await readAll(strict, client, paths);
    await line.breakLink(trouble);
    await waitUntilAccessEventsAreOld(async () => {
      expect(
        await timed(() => expectAllRefused(paths.map((path) => get(strict, path, client.user)))),
      ).toBeLessThan(soonMs);
    });
    await restore();
    for (const { status } of await readAll(strict, client, paths)) expect(status).toBe(200);
  });
});
