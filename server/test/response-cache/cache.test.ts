import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResponseCache } from '../../src/response-cache/cache.ts';
import { createRevisionReader, type UserRevision } from '../../src/response-cache/revision-reader.ts';
import { findRevisions } from '../../src/writes/revisions.ts';
import { createBrowser, password, registerAccount } from '../support/accounts.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { waitUntil } from '../support/process.ts';
import { host, sendRaw } from '../support/raw-http.ts';
import { statementsOf } from '../support/sql/count.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
let other: TestApp;
let uncached: TestApp;
beforeAll(async () => {
  app = await startApp();
  other = await startApp({}, app);
  uncached = await startApp({ CACHE_MAX_BYTES: '0' }, app);
});
afterAll(async () => {
  await uncached.close();
  await other.close();
  await app.close();
});

/** All cacheable paths. */
const pathsOf = ({ user }: Client, id: string): string[] => [
  user.v1,
  ...['/tasks', '/tasks?limit=1&sort_by=title', `/tasks/${id}`, '/tags', '/trash'].map(
    (below) => user.v1 + below,
  ),
  ...['/tasks', `/tasks/${id}`, '/tags?search=o'].map((below) => user.bare + below),
];

async function newUserWithTasks() {
  const client = await newClient(app);
  const { id } = await client.create({ title: 'first', tags: ['home', 'ümläut 🦦'] });
  await client.create({ title: 'second', tags: ['work'] });
  return { client, paths: pathsOf(client, id), token: client.user.token };
}

const readAll = (on: TestApp, paths: string[], token: string) =>
  Promise.all(paths.map((path) => on.request('GET', path, { token })));

/** The `Accept-Encoding` of `fetch`. Each content coding has its own cached response. */
const asFetch = 'Accept-Encoding: gzip, deflate\r\n';

const isOfRevisions = (statement: string) => /^select e.id as epoch, o.user_id, o.revision/.test(statement);
/** Counts the statements of `work`: reads of revisions, and of data. */
async function countsOf(work: () => Promise<unknown>) {
  const statements = await statementsOf(work);
  const revisions = statements.filter(isOfRevisions).length;
  return { revisions, data: statements.length - revisions };
}

describe('an answer that is kept', () => {
  test('is served without a look at the data, for one statement each', async () => {
    const { paths, token } = await newUserWithTasks();
    const first = await readAll(app, paths, token);
    for (const path of paths) {
      const counts = await countsOf(async () => {
        const { text } = await app.request('GET', path, { token });
        expect(text).toBe(first[paths.indexOf(path)]?.text);
      });
      expect(counts, path).toEqual({ revisions: 1, data: 0 });
    }
  });

  test('costs a part of one statement when requests come together', async () => {
    const { paths, token } = await newUserWithTasks();
    await readAll(app, paths, token);
    const requests = Array.from({ length: 50 }, (_, index) => {
      const end = index === 49 ? 'Connection: close\r\n' : '';
      return `GET ${paths[index % paths.length]} HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\n${asFetch}${end}\r\n`;
    });
    const counts = await countsOf(async () => {
      const { answers } = await sendRaw(app.url, requests.join(''));
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    });
    expect(counts.data).toBe(0);
    expect(counts.revisions).toBeLessThan(6);
  });

  test('has the bytes and headers that it has without a cache', async () => {
    const { paths, token } = await newUserWithTasks();
    const made = await readAll(uncached, paths, token);
    const again = await countsOf(() => readAll(uncached, paths, token));
    expect(again).toEqual({ revisions: 0, data: paths.length });
    const fresh = await readAll(app, paths, token);
    const kept = await readAll(app, paths, token);
    for (const replies of [fresh, kept]) {
      expect(replies.map(textOf)).toEqual(made.map(textOf));
      expect(replies.map(headersOf)).toEqual(made.map(headersOf));
    }
  });

  test('is none once it is a 404, and one again after a restore', async () => {
    const { client, token } = await newUserWithTasks();
    const task = await client.create();
    const read = async () =>
      (await app.request('GET', `${client.user.bare}/tasks/${task.id}`, { token })).status;
    expect([await read(), await read()]).toEqual([200, 200]);
    await client.v1('DELETE', `/tasks/${task.id}`);
    expect([await read(), await read()]).toEqual([404, 404]);
    await client.v1('POST', `/trash/${task.id}/restore`);
    expect([await read(), await read()]).toEqual([200, 200]);
  });
});

const textOf = ({ text }: Reply) => text;

function headersOf({ headers }: Reply) {
  const { date: _date, 'x-request-id': _id, ...others } = Object.fromEntries(headers);
  return others;
}

describe('a change of the account shows in the profile at once, on every instance', () => {
  const changes: [what: string, field: string, value: unknown, change: (id: string) => Promise<unknown>][] = [
    [
      'an address, by the database',
      'email',
      'new@example.com',
      (id) => setAccount(id, 'email', 'new@example.com'),
    ],
    ['a verified address', 'email_verified', true, (id) => setAccount(id, 'emailVerified', true)],
    ['a role', 'role', 'admin', (id) => setAccount(id, 'role', 'admin')],
    [
      'no account any more',
      'email',
      null,
      (id) => sql`delete from better_auth."user" where id = ${id}`.execute(app.ctx.db),
    ],
  ];
  const setAccount = (id: string, column: string, value: unknown) =>
    sql`update better_auth."user" set ${sql.ref(column)} = ${value} where id = ${id}`.execute(app.ctx.db);

  test.each(changes)('%s', async (_what, field, value, change) => {
    const account = await registerAccount(app);
    await app.request('PATCH', account.path, { token: account.token, body: { locale: 'de' } });
    const token = await account.sharedSecretToken();
    for (const on of [app, other]) await readAll(on, [account.path, account.path], token);
    await change(account.id);
    for (const on of [app, other])
      expect((await on.request('GET', account.path, { token })).body.data).toHaveProperty(field, value);
  });

  test.each([false, true])(
    'an account that comes for an id of which something is stored: %s',
    async (isKnown) => {
      const { user, create } = await newClient(app);
      if (isKnown) await create();
      await readAll(app, [user.v1, user.v1], user.token);
      await sql`insert into better_auth."user" (id, name, email, "emailVerified", "firstName", "lastName")
      values (${user.id}, 'Ada', ${`${user.id}@example.com`}, true, 'Ada', '')`.execute(app.ctx.db);
      expect((await app.request('GET', user.v1, user)).body.data.first_name).toBe('Ada');
    },
  );

  test("a name, by Better Auth's own route", async () => {
    const account = await registerAccount(app);
    const browser = createBrowser(other);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    const names = async (on: TestApp) =>
      (await on.request('GET', account.path, account)).body.data.first_name;
    expect([await names(app), await names(other)]).toEqual(['Ada', 'Ada']);
    await browser.send('POST', '/update-user', { firstName: 'Augusta' });
    expect([await names(app), await names(other)]).toEqual(['Augusta', 'Augusta']);
    await browser.send('POST', '/update-user', { firstName: 'Ada' });
    expect([await names(app), await names(other)]).toEqual(['Ada', 'Ada']);
  });
});

describe('revisions', () => {
  test('are read for all callers of a turn at once, and never by a statement that began before the call', async () => {
    const { client } = await newUserWithTasks();
    const under: PromiseWithResolvers<void>[] = [];
    const { user } = client;
    const revisionOf = createRevisionReader(app.ctx.db, async (...asked) => {
      const end = Promise.withResolvers<void>();
      under.push(end);
      const found = await findRevisions(...asked);
      await end.promise;
      return found;
    });
    const asked: Promise<UserRevision>[] = [];
    const bumps = [0n, 1n, 1n];
    for (const [round, bump] of bumps.entries()) {
      if (bump > 0n) await client.create({ title: 'meanwhile' });
      for (let caller = 0; caller < 10; caller += 1) asked.push(revisionOf(user.id), revisionOf('nobody'));
      await waitUntil(async () => under.length === round + 1);
    }
    for (const end of under) end.resolve();
    const of = (revision: bigint) => Array.from({ length: 10 }, () => [revision, 0n]).flat();
    const revisions = (await Promise.all(asked)).map(({ revision }) => revision);
    expect(revisions).toEqual([...of(2n), ...of(3n), ...of(4n)]);
    expect(under).toHaveLength(3);
  });
});

describe('the memory that answers take', () => {
  const key = (index: number) => ({
    userId: `user_${index}`,
    url: `/api/user_${index}/tasks`,
    coding: '',
    isDatabaseUnavailable: false,
  });

  test('is about maxBytes, for small and large responses', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const used = () => {
      // Buffers are freed in the second collection.
      collect();
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const maxBytes = 8_000_000;
    for (const length of [10, 3_000]) {
      const cache = createResponseCache(
        { maxBytes, serveStale: false },
        async () => ({ epoch: '', revision: 1n }),
        app.ctx.readRouter,
      );
      const before = used();
      for (let index = 0; index < 20_000; index += 1)
        await cache.getOrLoad(key(index), async () => newAnswer(length));
      expect(used() - before).toBeLessThan(1.2 * maxBytes);
      let made = 0;
      const count = async () => {
        made += 1;
        return newAnswer(length);
      };
      await cache.getOrLoad(key(19_999), count);
      expect(made).toBe(0);
      await cache.getOrLoad(key(0), count);
      expect(made).toBe(1);
    }
  });

  test('is not given to a single answer that is large', async () => {
    const cache = createResponseCache(
      { maxBytes: 80_000, serveStale: false },
      async () => ({ epoch: '', revision: 1n }),
      app.ctx.readRouter,
    );
    let made = 0;
    for (const length of [20_000, 20_000, 5_000, 5_000])
      await cache.getOrLoad(key(length), async () => {
        made += 1;
        return newAnswer(length);
      });
    expect(made).toBe(3);
  });

  const newAnswer = (length: number) => ({ body: Buffer.allocUnsafeSlow(length), headers: { etag: '"x"' } });
});
