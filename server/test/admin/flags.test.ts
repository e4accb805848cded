import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { secret, startApp, type TestApp } from '../support/app.ts';
import { urlOf } from '../support/database.ts';
import { startProcess } from '../support/process.ts';
import { newSubscription } from '../support/senders.ts';
import { type Client, newClient } from '../support/tasks.ts';

/** Instances on one database, which differ in the setting. */
let app: TestApp;
let withoutPush: TestApp;
let withoutArchives: TestApp;
let withoutImports: TestApp;
beforeAll(async () => {
  app = await startApp();
  withoutPush = await startApp({ FEATURE_FLAGS: 'web_push=off' }, app);
  withoutArchives = await startApp({ FEATURE_FLAGS: 'import_archives=off' }, app);
  withoutImports = await startApp({ FEATURE_FLAGS: 'import_http=off' }, app);
});
afterAll(async () => {
  for (const server of [withoutPush, withoutArchives, withoutImports, app]) await server.close();
});

const importInto = async (server: TestApp, file: string | Buffer, format: string) => {
  const { id, token } = await server.newUser();
  return server.request('POST', `/api/v1/users/${id}/import?format=${format}`, {
    ...{ token, body: file },
    headers: { 'content-type': 'application/octet-stream' },
  });
};
const refusalOf = (flag: string) => ({
  status: 403,
  body: { error_code: 'FEATURE_DISABLED' },
  text: expect.stringContaining(`The operator of this service has switched ${flag} off for this user`),
});
/** The end of an archive without entries (APPNOTE.TXT §4.3.16). */
const emptyArchive = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)]);

describe('import_http', () => {
  test('off: every file is refused, and nothing is stored', async () => {
    expect(await importInto(withoutImports, 'Read', 'todo-txt')).toMatchObject(refusalOf('import_http'));
    expect(await importInto(withoutImports, emptyArchive, 'todoist-zip')).toMatchObject(
      refusalOf('import_archives'),
    );
    expect((await importInto(app, 'Read', 'todo-txt')).body.data).toMatchObject({ created: 1 });
  });
});

describe('import_archives', () => {
  test('off: archives are refused unread, under any format, and other files are taken', async () => {
    for (const format of ['todoist-zip', 'todo-txt'])
      expect(await importInto(withoutArchives, emptyArchive, format)).toMatchObject(
        refusalOf('import_archives'),
      );
    expect((await importInto(app, emptyArchive, 'todoist-zip')).status).toBe(422);
    expect((await importInto(withoutArchives, 'Read', 'todo-txt')).body.data).toMatchObject({ created: 1 });
  });
});

describe('web_push', () => {
  const push = () => ({ type: 'push', endpoint: 'https://push.example.com/1', keys: newSubscription().keys });
  const clientOf = (server: TestApp, id: string): Promise<Client> => newClient(server, id);

  test('off: there is no key and no new channel of push, but those of other types', async () => {
    const client = await newClient(withoutPush);
    expect(await client.v1('POST', '/channels', push())).toMatchObject(refusalOf('web_push'));
    const { token } = await withoutPush.newUser();
    expect(await withoutPush.request('GET', '/api/v1/push-key', { token })).toMatchObject(
      refusalOf('web_push'),
    );
    const webhook = { type: 'webhook', url: 'https://hooks.example.com/1' };
    expect((await client.v1('POST', '/channels', webhook)).status).toBe(201);
  });

  test('off: a channel that exists is shown, changed and deleted, and gets no test message', async () => {
    const { id } = await app.newUser();
    const made = (await (await clientOf(app, id)).v1('POST', '/channels', push())).body.data;
    const client = await clientOf(withoutPush, id);
    const path = `/channels/${made.id}`;
    expect((await client.v1('GET', path)).status).toBe(200);
    expect((await client.v1('POST', `${path}/test`)).body.data).toMatchObject({
      outcome: 'failed',
      error: 'not_configured',
      status: null,
    });
    expect((await client.v1('PATCH', path, { enabled: false })).status).toBe(200);
    expect((await client.v1('DELETE', path)).status).toBe(200);
  });
});

describe('admins', () => {
  test('read the flags of the instance that answers', async () => {
    const account = await registerAccount(app);
    await sql`update better_auth."user" set role = 'admin' where id = ${account.id}`.execute(app.ctx.db);
    const token = await account.newToken();
    const listOf = async (server: TestApp) =>
      (await server.request('GET', '/api/v1/admin/flags', { token })).body.data;
    const [, archives] = await listOf(withoutArchives);
    expect(archives).toEqual({
      ...{ name: 'import_archives', percent: 0, default_percent: 100, needs: 'import_http' },
      ...{ owner: 'server/src/import', expires: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) },
      description: expect.any(String),
    });
    expect((await listOf(app)).map(({ percent }: { percent: number }) => percent)).toEqual([100, 100, 100]);
  });

  test('read on the command line what the settings say, for all or for a user', async () => {
    const { id, email } = await registerAccount(app);
    const admin = async (...args: string[]) => {
      const env = {
        DATABASE_URL: urlOf(app.database.connection),
        BETTER_AUTH_SECRET: secret,
        FEATURE_FLAGS: 'web_push=40%,import_archives=off',
      };
      const { stdout, stderr } = await startProcess(['admin', 'flags', ...args], env).ended;
      return (stdout + stderr).trimEnd().split('\n');
    };
    const rows = (await admin()).map((line) => line.split(/ +/).slice(0, 4));
    expect(rows).toEqual([
      ['name', 'percent', 'default', 'needs'],
      ['import_http', '100', '100', '-'],
      ['import_archives', '0', '100', 'import_http'],
      ['web_push', '40', '100', '-'],
    ]);
    const forUser = await admin(email);
    expect(forUser).toEqual([
      expect.stringMatching(/^import_http +on$/),
      expect.stringMatching(/^import_archives +off$/),
      expect.stringMatching(/^web_push +(on|off)$/),
    ]);
    expect(await admin(id)).toEqual(forUser);
    expect(await admin('nobody')).toEqual([expect.stringContaining('admin flags: got "nobody", wants')]);
  });
});
