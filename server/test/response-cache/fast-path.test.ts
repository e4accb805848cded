import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { seeded } from '../support/random.ts';
import { host, type RawResponse, sendRaw } from '../support/raw-http.ts';
import { type Client, newClient } from '../support/tasks.ts';

let app: TestApp;
/** An instance without a response cache, so that each request runs the handler. */
let uncached: TestApp;
const quotas = { RATE_LIMIT_PER_USER: '1000/60', RATE_LIMIT_PER_IP: '100000/60' };
beforeAll(async () => {
  app = await startApp(quotas);
  uncached = await startApp({ ...quotas, CACHE_MAX_BYTES: '0' }, app);
});
afterAll(async () => {
  await uncached.close();
  await app.close();
});

const ask = async (on: TestApp, path: string, lines: readonly string[]): Promise<RawResponse> => {
  const head = [`GET ${path} HTTP/1.1`, ...lines, 'Connection: close'].join('\r\n');
  const { answers } = await sendRaw(on.url, `${head}\r\n${host}\r\n`);
  return answers[0] ?? expect.fail('no answer');
};

/** The parts of a response that do not differ per request. */
function lasting({ status, text, headers }: RawResponse) {
  const { date: _, 'x-request-id': id = '', ratelimit, ...others } = headers;
  const body = status < 400 ? text : text.replaceAll(id, '').replace(/"timestamp":"[^"]*"/, '');
  return { status, body, others, limits: ratelimit?.replaceAll(/r=\d+;t=\d+/g, '') };
}

/** The remaining requests of the user's limit, from the response's header. */
const leftOf = ({ headers }: RawResponse) => Number(/"user";r=(\d+)/.exec(headers.ratelimit ?? '')?.[1]);

const pathsOf = ({ user }: Client, id: string): string[] => [
  user.v1,
  ...['/tasks', '/tasks?limit=1', `/tasks/${id}`, '/tags', '/trash', '/tasks?limit=0'].map(
    (path) => user.v1 + path,
  ),
  ...['/tasks', `/tasks/${id}`, '/tags'].map((path) => user.bare + path),
];

const bearer = (token: string) => `Authorization: Bearer ${token}`;

describe('a read that is asked again', () => {
  test('is answered as it would be by the routes, whatever is said with it: 300 random requests', async () => {
    const random = seeded(Number(process.env.DULY_TEST_SEED ?? 7));
    const client = await newClient(app);
    const description = 'Long enough to be worth compressing. '.repeat(27);
    const { id } = await client.create({ title: 'first', description, tags: ['home', 'ümläut 🦦'] });
    const { token } = client.user;
    const paths = pathsOf(client, id);
    const codings = ['gzip', 'br', 'GZIP;q=0.5, br;q=0.4', 'br;q=0, *', 'identity', 'gzip;q=2', ''];
    for (const path of paths) await ask(app, path, [bearer(token)]);
    for (let round = 0; round < 300; round += 1) {
      const path = random.pick(paths);
      const coding = random.some([`Accept-Encoding: ${random.pick(codings)}`], 0.6);
      const tagged = random.chance(0.5) ? coding : [`Accept-Encoding: ${random.pick(codings)}`];
      const etag = (await ask(uncached, path, [bearer(token), ...tagged])).headers.etag ?? '"none"';
      const said = [
        random.pick([
          bearer(token),
          bearer(token),
          bearer(token),
          `authorization:   bearer ${token}`,
          'X-Nothing: 1',
        ]),
        ...coding,
        ...random.some(['Cache-Control: no-transform', 'Cache-Control: no-cache'], 0.1),
        ...random.some(['Origin: http://localhost:3000', 'Origin: https://elsewhere.example'], 0.3),
        ...random.some(
          [
            random
              .pick([etag, `W/${etag}`, `"x", ${etag}`, '*', '"other"', 'broken'])
              .replace(/^/, 'If-None-Match: '),
          ],
          0.4,
        ),
        ...random.some(
          ['X-Request-Id: mine-1', 'X-Request-Id: not one', 'Accept: text/html', 'Content-Length: 0'],
          0.1,
        ),
        ...random.some([bearer(token), 'Cookie: a=b', 'If-Match: "1"', 'Expect: 100-continue'], 0.05),
      ];
      const [repeated, routed] = [await ask(app, path, said), await ask(uncached, path, said)];
      expect(lasting(repeated), said.join('\n')).toEqual(lasting(routed));
    }
  });

  test('counts against the limits, once each, and is refused beyond them', async () => {
    const limited = await startApp({ RATE_LIMIT_PER_USER: '8/60' }, app);
    afterTest.push(() => limited.close());
    const client = await newClient(app);
    await client.create();
    const answers: RawResponse[] = [];
    for (let count = 0; count < 10; count += 1)
      answers.push(await ask(limited, `${client.user.v1}/tasks`, [bearer(client.user.token)]));
    expect(answers.map(({ status }) => status)).toEqual([...Array(8).fill(200), 429, 429]);
    expect(answers.slice(0, 8).map(leftOf)).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
  });

  test('that finds a change on its way is still counted once', async () => {
    const client = await newClient(app);
    const path = `${client.user.v1}/tasks`;
    const lines = [bearer(client.user.token)];
    await client.create();
    const before = leftOf(await ask(app, path, lines));
    await uncached.request('POST', path, { token: client.user.token, body: { title: 'elsewhere' } });
    const answer = await ask(app, path, lines);
    expect(JSON.parse(answer.text).data).toHaveLength(2);
    expect(leftOf(answer)).toBe(before - 1);
  });

  test('is logged, measured and audited each time', async () => {
    const client = await newClient(app);
    await client.create();
    const path = `${client.user.v1}/tasks`;
    const times = () => {
      const { values } = app.ctx.metrics.requests.family();
      return (
        Object.entries(values).find(([key]) =>
          /_count\{.*GET.*\/api\/v1\/users\/:user_id\/tasks".*200/.test(key),
        )?.[1] ?? 0
      );
    };
    const before = times();
    for (let count = 0; count < 5; count += 1) await ask(app, path, [bearer(client.user.token)]);
    await expect.poll(times).toBe(before + 5);
    await app.ctx.auditCounts.flush();
    const { body } = await client.v1('GET', '/audit');
    expect(body.data).toContainEqual(expect.objectContaining({ action: 'task.list', count: 5 }));
  });
});

describe('what was asked by', () => {
  test('somebody else, or nobody, is not answered', async () => {
    const [client, other] = [await newClient(app), await newClient(app)];
    await client.create();
    const path = `${client.user.v1}/tasks`;
    for (let count = 0; count < 3; count += 1) await ask(app, path, [bearer(client.user.token)]);
    const forged = `${client.user.token.slice(0, -2)}xx`;
    expect((await ask(app, path, [bearer(other.user.token)])).status).toBe(403);
    expect((await ask(app, path, [])).status).toBe(401);
    expect((await ask(app, path, [bearer(forged)])).status).toBe(401);
    expect((await ask(app, path, [bearer(client.user.token), bearer(other.user.token)])).status).toBe(401);
  });

  test('a token that was logged out is refused at once; another of the same user is not', async () => {
    const client = await newClient(app);
    await client.create();
    const path = `${client.user.v1}/tasks`;
    const second = await mintToken({ sub: client.user.id, n: 2 });
    for (const token of [client.user.token, second, client.user.token, second])
      expect((await ask(app, path, [bearer(token)])).status).toBe(200);
    await app.request('POST', '/api/v1/auth/logout', { token: second });
    expect((await ask(app, path, [bearer(second)])).status).toBe(401);
    expect((await ask(app, path, [bearer(client.user.token)])).status).toBe(200);
  });
});

test('behind a trusted proxy it counts for the address that the proxy names', async () => {
  const proxied = await startApp({ TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_PER_IP: '3/60' }, app);
  afterTest.push(() => proxied.close());
  const client = await newClient(app);
  await client.create();
  const from = (address: string) =>
    ask(proxied, `${client.user.v1}/tasks`, [bearer(client.user.token), `X-Forwarded-For: ${address}`]);
  const statuses: number[] = [];
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1'])
    statuses.push((await from(address)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 200, 429]);
});
