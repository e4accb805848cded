import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { hasCaddy, startCaddy } from '../support/caddy.ts';
import { createClient } from '../support/client.ts';
import { openEventStream } from '../support/events.ts';
import { startDevServer } from '../support/middleware.ts';
import { hasNginx, startCompressingNginx } from '../support/nginx.ts';
import { newClient } from '../support/tasks.ts';

const proxies = [
  {
    name: 'nginx, which tells what the client accepts',
    isThere: hasNginx('nginx in front of the service'),
    start: (url: string) => startCompressingNginx(url, true),
  },
  {
    name: 'nginx, which compresses by itself',
    isThere: hasNginx('nginx in front of the service'),
    start: (url: string) => startCompressingNginx(url, false),
  },
  { name: 'Caddy', isThere: hasCaddy('Caddy in front of the service'), start: startCaddy },
  { name: "a front end's development server", isThere: true, start: startDevServer },
];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe.each(proxies)('behind $name', ({ isThere, start }) => {
  let url: string;
  beforeAll(async () => {
    if (isThere) url = await start(app.url);
  });

  test.skipIf(!isThere).each(['gzip', 'identity'])(
    'an event arrives while the stream goes on (%s)',
    async (coding) => {
      const client = await newClient(app);
      const { id: userId, token } = client.user;
      const path = `/api/v1/users/${userId}/events`;
      const stream = await openEventStream(url, path, token, { 'accept-encoding': coding });
      await stream.take(1);
      for (let count = 1; count <= 3; count += 1) {
        const { id } = await client.create();
        const [change] = (await stream.take(count, ({ data }) => data.type === 'task')).slice(-1);
        expect(change?.data.id).toBe(id);
      }
      expect(stream.isEnded()).toBe(false);
    },
  );

  test.skipIf(!isThere)('a list is whole, and 304 by the tag that came', async () => {
    const client = await newClient(app);
    for (let count = 0; count < 5; count += 1) await client.create({ description: 'x '.repeat(300) });
    const raw = createClient(url, 1);
    const ask = (coding: string, tag?: string) =>
      raw.send({
        method: 'GET',
        path: `${client.user.v1}/tasks`,
        headers: {
          authorization: `Bearer ${client.user.token}`,
          'accept-encoding': coding,
          ...(tag !== undefined && { 'if-none-match': tag }),
        },
      });
    const whole = await client.v1('GET', '/tasks');
    for (const coding of ['gzip', 'br, gzip', 'identity', 'gzip']) {
      const got = await ask(coding);
      expect([got.status, got.text]).toEqual([200, whole.text]);
      if (coding !== 'identity') expect(got.headers['content-encoding']).toMatch(/^(?:br|gzip)$/);
      for (const other of ['gzip', 'br, gzip', 'identity'])
        expect((await ask(other, got.headers.etag)).status).toBe(304);
    }
    const before = (await ask('gzip')).headers.etag;
    const { id } = await client.create();
    const after = await ask('gzip', before);
    expect([after.status, JSON.parse(after.text).data[0].id]).toEqual([200, id]);
    raw.close();
  });
});
