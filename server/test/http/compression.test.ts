import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { createClient, type RawClient, type RawReply } from '../support/client.ts';
import { operations } from '../support/operations.ts';
import { type Client, newClient } from '../support/tasks.ts';

const instances = { 'with a cache': '1000000', 'without one': '0' };
const long = 'Long enough to be worth compressing. '.repeat(27);

/** Paths that may be compressed. No other response ever is. */
const lists: Record<string, string> = {
  listTasks: '/api/v1/users/{user_id}/tasks',
  bareListTasks: '/api/{user_id}/tasks',
  listTags: '/api/v1/users/{user_id}/tags',
  bareListTags: '/api/{user_id}/tags',
  listTrash: '/api/v1/users/{user_id}/trash',
};
const withoutTag: Record<string, string> = {
  listChanges: '/api/v1/users/{user_id}/changes',
  listAudit: '/api/v1/users/{user_id}/audit',
};
const ofItems = ['Projects', 'Sections', 'Views', 'TrashedProjects', 'TrashedSections', 'TrashedViews'];
const ofAdmins = ['adminListUserAudit', 'adminListServiceAudit'];
const documents = ['/openapi.json', '/docs/static/swagger-ui.css', '/docs/json'];

describe.each(Object.entries(instances))('%s', (_name, bytes) => {
  let app: TestApp;
  let client: Client;
  let raw: RawClient;
  let taskId: string;
  beforeAll(async () => {
    app = await startApp({ CACHE_MAX_BYTES: bytes });
    raw = createClient(app.url, 4);
    client = await newClient(app);
    const tags = Array.from({ length: 20 }, (_, index) => `${index} of a tag with a long name`);
    taskId = (await client.create({ title: 'a', description: long, tags })).id;
    await client.create({ title: 'b', description: long, tags: tags.slice(10) });
    const { id } = await client.create({ title: 'c', description: long });
    await client.v1('DELETE', `/tasks/${id}`);
    for (let count = 0; count < 8; count += 1)
      await client.v1('PATCH', `/tasks/${taskId}`, { title: `a ${count}` });
    await app.ctx.auditCounts.flush();
  });
  afterAll(async () => {
    raw.close();
    await app.close();
  });

  const ask = (path: string, accepted?: string, headers: Record<string, string> = {}, method = 'GET') =>
    raw.send({
      method,
      path: path.replace('{user_id}', client.user.id),
      headers: {
        authorization: `Bearer ${client.user.token}`,
        ...(accepted !== undefined && { 'accept-encoding': accepted }),
        ...headers,
      },
    });
  const paths = [...Object.values(lists), ...Object.values(withoutTag), ...documents];

  test.each(paths)('%s: what comes compressed is what comes plain, with the same headers', async (path) => {
    // Each read of another kind adds an audit entry. Each coding twice, so that the second response is the stored one.
    for (const coding of ['gzip', 'br', 'gzip', 'br']) {
      const [plain, coded] = [await ask(path), await ask(path, coding)];
      expect([plain.status, coded.status]).toEqual([200, 200]);
      expect([plain.headers['content-encoding'], coded.headers['content-encoding']]).toEqual([
        undefined,
        coding,
      ]);
      expect(coded.text).toBe(plain.text);
      expect(coded.sizeBytes).toBeLessThan(0.6 * plain.sizeBytes);
      for (const { headers } of [plain, coded])
        expect(headers.vary?.split(', ').filter((name) => name === 'Accept-Encoding')).toHaveLength(1);
      for (const name of ['content-type', 'cache-control', 'vary', 'x-total-count', 'link'])
        expect(coded.headers[name], name).toBe(plain.headers[name]);
    }
  });

  test.each(paths)('%s: HEAD has the headers of GET', async (path) => {
    for (const coding of ['gzip', 'br']) {
      const [got, head] = [await ask(path, coding), await ask(path, coding, {}, 'HEAD')];
      expect([head.status, head.sizeBytes]).toEqual([200, 0]);
      for (const name of ['content-encoding', 'content-length', 'content-type', 'etag', 'vary'])
        expect(head.headers[name], name).toBe(got.headers[name]);
    }
  });

  test.each(Object.values(lists))('%s: each coding has a tag, and each is right for all', async (path) => {
    const codings = [undefined, 'gzip', 'br'];
    const tags: string[] = [];
    for (const coding of codings) tags.push((await ask(path, coding)).headers.etag ?? '');
    const [plain = ''] = tags;
    expect(plain).toMatch(/^"[\w-]{43}"$/);
    expect(tags).toEqual([plain, plain.replace(/"$/, '-gzip"'), plain.replace(/"$/, '-br"')]);
    for (const tag of [...tags, ...tags.map((one) => `W/${one}`), `"x", ${tags[1]}`])
      for (const [index, coding] of codings.entries()) {
        const held = await ask(path, coding, { 'if-none-match': tag });
        expect([held.status, held.headers.etag]).toEqual([304, tags[index]]);
        expect([held.sizeBytes, held.headers['content-encoding']]).toEqual([0, undefined]);
        expect(held.headers.vary).toContain('Accept-Encoding');
      }
    for (const tag of ['"x-gzip"', plain.replace(/"$/, '-zstd"'), plain.replace(/"$/, '-gzip-gzip"')])
      expect((await ask(path, 'gzip', { 'if-none-match': tag })).status).toBe(200);
  });

  test('nor does a change of the list leave an outdated one in any coding', async () => {
    const path = lists.listTasks ?? '';
    for (const coding of [undefined, 'gzip', 'br']) {
      const before = await ask(path, coding);
      const { title } = await client.create({ title: `after ${coding}`, description: long });
      const after = await ask(path, coding, { 'if-none-match': before.headers.etag ?? '' });
      expect([after.status, JSON.parse(after.text).data[0].title]).toEqual([200, title]);
    }
  });

  test('no other answer is compressed', async () => {
    const account = await registerAccount(app);
    for (let count = 0; count < 6; count += 1) await account.newToken();
    await client.v1('PATCH', '', { first_name: 'é'.repeat(100), last_name: 'x'.repeat(100) });
    const user = client.user.v1;
    const others: RawReply[] = [];
    for (const path of [`${user}/tasks/${taskId}`, `${client.user.bare}/tasks/${taskId}`, user, '/health'])
      others.push(await ask(path, 'gzip, br'));
    expect(others[0]?.sizeBytes).toBeGreaterThan(1_024);
    const stream = await ask(`${user}/events`, 'gzip, br');
    expect(stream.headers['content-type']).toBe('text/event-stream');
    const headers = { authorization: `Bearer ${account.token}` };
    const sessions = await ask(`${account.path}/sessions`, 'gzip, br', headers);
    expect(sessions.sizeBytes).toBeGreaterThan(1_024);
    const found = await ask('/api/v1/users/{user_id}/tasks/no-such-id', 'gzip, br');
    const wrong = await ask(`/api/v1/users/{user_id}/tasks?${'x=1&'.repeat(200)}`, 'gzip, br');
    expect([found.status, wrong.status]).toEqual([422, 422]);
    for (const { headers: sent } of [...others, stream, sessions, found, wrong])
      expect(sent['content-encoding']).toBeUndefined();
    for (const { headers: sent } of [...others, stream, sessions])
      expect(sent.vary).not.toContain('Accept-Encoding');
  });

  test('never below /api/auth, where answers hold tokens', async () => {
    const account = await registerAccount(app);
    const browser = createBrowser(app);
    for (let count = 0; count < 6; count += 1)
      await browser.send('POST', '/sign-in/email', { email: account.email, password });
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const listed = await ask('/api/auth/list-sessions', 'gzip, br', { cookie });
    expect([listed.status, listed.headers['content-encoding']]).toEqual([200, undefined]);
    expect(listed.sizeBytes).toBeGreaterThan(1_024);
  });
});

test('the document says which answers may be compressed', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const document = (await app.request('GET', '/openapi.json')).body;
  const coded = operations.filter(
    ({ path, method }) =>
      document.paths[path][method.toLowerCase()].responses['200']?.headers?.['Content-Encoding'] !==
      undefined,
  );
  expect(coded.map(({ operationId }) => operationId).toSorted()).toEqual(
    [
      ...Object.keys(lists),
      ...Object.keys(withoutTag),
      ...ofItems.map((name) => `list${name}`),
      ...ofAdmins,
      ...['listChannels', 'listDeliveries', 'listOccurrences', 'listReminders', 'listTaskReminders'],
    ].toSorted(),
  );
});

test('compressed responses are cached compressed, and take less memory of the cache', async () => {
  const [plain, coded] = [await startApp(), await startApp()];
  for (const app of [plain, coded]) {
    afterTest.push(() => app.close());
    const client = await newClient(app);
    for (let count = 0; count < 20; count += 1) await client.create({ description: long });
    await client.v1('GET', '/tasks', undefined, { 'accept-encoding': app === coded ? 'gzip' : 'identity' });
  }
  const { bytes, entries } = plain.ctx.responseCache.stats();
  expect(entries).toBe(1);
  expect(coded.ctx.responseCache.stats().bytes).toBeLessThan(bytes / 4);
});
