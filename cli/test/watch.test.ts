import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createInterface } from 'node:readline';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../../client/test/support/duly.ts';
import { afterTest } from '../../server/test/support/clean-up.ts';
import { startForwarder } from '../../server/test/support/forwarder.ts';
import { buildBinary, dataDirectoryOf, holdLock, newUser } from './support/duly.ts';

const app = useApp();
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
});

/** `duly watch`, and the lines that it prints. */
async function watch(user: Pick<Awaited<ReturnType<typeof newUser>>, 'start'>, ...args: string[]) {
  const { child, ended } = user.start(['watch', ...args]);
  afterTest.push(() => child.kill('SIGKILL'));
  if (child.stdout === null || child.stderr === null) throw new Error('no output');
  const notes = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await notes.next()).value).toBe('Watching; Ctrl-C ends it');
  return { child, ended, next: async (): Promise<string> => String((await lines.next()).value), notes };
}

test('watch shows what another client does, as it happens', async () => {
  const user = await newUser(app(), binary);
  const { account } = user;
  const send = (method: string, path: string, body?: object) =>
    account.send(account.token, method, path, body);
  await user.succeed('add', 'there before');
  const { child, ended, next } = await watch(user);
  const { body } = await send('POST', '/tasks', { title: 'Buy milk', tags: ['home'] });
  expect(await next()).toMatch(/^\d\d:\d\d {2}added {5}2 {2}Buy milk {2}@home$/);
  await send('PATCH', `/tasks/${body.data.id}`, { title: 'Buy oat milk' });
  expect(await next()).toMatch(/^\d\d:\d\d {2}changed {3}2 {2}Buy oat milk {2}@home$/);
  await send('PATCH', `/tasks/${body.data.id}/complete`, { completed: true });
  expect(await next()).toMatch(/^\d\d:\d\d {2}done {6}2 {2}✓ {2}Buy oat milk/);
  await send('DELETE', `/tasks/${body.data.id}`);
  expect(await next()).toMatch(/^\d\d:\d\d {2}deleted {3}2 /);
  child.kill('SIGINT');
  expect((await ended).code).toBe(null);
});

test('watch --json prints a line of JSON for each change, and other commands work beside it', async () => {
  const user = await newUser(app(), binary);
  const { next } = await watch(user, '--json');
  await user.succeed('add', 'from another window');
  expect(JSON.parse(await next())).toMatchObject({
    change: 'added',
    task: { number: 1, title: 'from another window' },
  });
});

test('watch goes on after the network was gone, and misses nothing', async () => {
  const way = await startForwarder();
  const port = Number(new URL(app().url).port);
  way.setTarget(port);
  const user = await newUser(app(), binary, `http://127.0.0.1:${way.port}`);
  const { next } = await watch(user);
  way.setTarget(1);
  way.closeOpen();
  const { account } = user;
  await account.send(account.token, 'POST', '/tasks', { title: 'meanwhile' });
  way.setTarget(port);
  expect(await next()).toMatch(/added {5}1 {2}meanwhile$/);
});

/** A way to the server on which requests for changes fail for a while; everything else goes on. */
async function startFaultyProxy(target: string) {
  let isFaulty = false;
  const server = createServer((req, res) => {
    if (isFaulty && req.url?.includes('/changes')) {
      res.writeHead(503).end();
      return;
    }
    const { method = 'GET', headers } = req;
    const onward = request(target + req.url, { method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    setFaulty(to: boolean): void {
      isFaulty = to;
    },
  };
}

test('a change that cannot be fetched at once is shown later', async () => {
  const proxy = await startFaultyProxy(app().url);
  const user = await newUser(app(), binary, proxy.url);
  const { next, notes } = await watch(user);
  proxy.setFaulty(true);
  const { account } = user;
  await account.send(account.token, 'POST', '/tasks', { title: 'late' });
  expect((await notes.next()).value).toContain('The server fails');
  proxy.setFaulty(false);
  expect(await next()).toMatch(/added {5}1 {2}late$/);
});

test('while another process works with what is stored, watch says so, and goes on afterwards', async () => {
  const user = await newUser(app(), binary);
  const { next, notes } = await watch(user);
  const holder = await holdLock(await dataDirectoryOf(user.home));
  const { account } = user;
  await account.send(account.token, 'POST', '/tasks', { title: 'late' });
  expect((await notes.next()).value).toContain('Another duly is busy');
  holder.kill('SIGKILL');
  expect(await next()).toMatch(/added {5}1 {2}late$/);
});
