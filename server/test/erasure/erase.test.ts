import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import { continueErasures } from '../../src/erasure/erase.ts';
import { hashOfUser } from '../../src/erasure/list.ts';
import { newPassword, password, registerAccount } from '../support/accounts.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { urlOf } from '../support/database.ts';
import { openEventStream } from '../support/events.ts';
import { createMarkers, findMarkers, plantMarkers } from '../support/markers.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';
import { createRows, type UserRows } from '../support/user-rows.ts';

let app: TestApp;
let beside: TestApp;
let rows: UserRows;
beforeAll(async () => {
  app = await startApp();
  beside = await startApp({}, app);
  rows = await createRows(app.ctx.db, app.database.connection.database);
});
afterAll(async () => {
  await beside.close();
  await app.close();
});

async function findings(): Promise<string[]> {
  const found: string[] = [];
  await verifyAudit(app.ctx.db, (_, finding) => found.push(finding));
  // The planted ones are in no chain.
  return found.filter((finding) => !/refused by the database/.test(finding));
}

async function erasureOf(userId: string) {
  const { rows: found } = await sql<{ revision: bigint; erasure: string | null; feed_from: bigint }>`
    select revision, erasure, feed_from from duly.owners where user_id = ${userId}`.execute(app.ctx.db);
  return found[0];
}

const isErased = (userId: string) =>
  vi.waitFor(async () => expect((await erasureOf(userId))?.erasure).toBe('done'), patience);

describe('an erasure by the user', () => {
  test('leaves nothing of what was written, and everything of others as it was', async () => {
    const markers = createMarkers();
    const { id, path, token } = await plantMarkers(app, markers);
    const other = await plantMarkers(app, createMarkers());
    await app.ctx.auditCounts.flush();
    expect(markers.planted.size).toBeGreaterThan(20);
    expect([...(await findMarkers(app.ctx.db, markers))].sort()).toEqual(
      [...markers.planted.values()].sort(),
    );
    const before = { rows: await rows.of(other.id), audit: await rows.audit(other.id) };
    const entries = (await auditEntriesOf(app.ctx.db, id)).map(({ seq, action, outcome }) => [
      seq,
      action,
      outcome,
    ]);
    const revision = (await erasureOf(id))?.revision ?? 0n;

    const erased = await app.request('DELETE', path, { token, body: { password } });
    expect([erased.status, erased.body.data]).toEqual([202, null]);
    await isErased(id);
    expect([...(await findMarkers(app.ctx.db, markers))]).toEqual([]);
    expect(await findings()).toEqual([]);
    const left = await auditEntriesOf(app.ctx.db, id);
    expect(left.map(({ seq, action, outcome }) => [seq, action, outcome])).toEqual([
      ...entries,
      [entries.length + 1, 'user.erase', 'success'],
    ]);
    for (const entry of left)
      expect(entry).toMatchObject({ actor: null, subject: null, request_id: null, address: null });
    expect({ rows: await rows.of(other.id), audit: await rows.audit(other.id) }).toEqual(before);
    const owner = await erasureOf(id);
    expect(owner?.revision).toBeGreaterThan(revision);
    expect(owner?.feed_from).toBe(owner?.revision);
    const list = await readFile(app.ctx.config.erasure.path, 'utf8');
    expect(list).toMatch(new RegExp(`^20\\S+Z ${hashOfUser(id)}$`, 'm'));
    expect(list).not.toContain(id);
  });

  test('ends every token, session and stream within a second, on every instance', async () => {
    const ada = await registerAccount(app);
    const second = await ada.newToken();
    const stream = await openEventStream(beside.url, `${ada.path}/events`, second);
    expect(await ada.statusOf(second, beside)).toBe(200);
    const begin = performance.now();
    expect((await ada.send(ada.token, 'DELETE', '', { password })).status).toBe(202);
    await sleep(Math.max(0, 1_000 - (performance.now() - begin)));
    expect(await ada.statusOf(ada.token)).toBe(401);
    expect(await ada.statusOf(second, beside)).toBe(401);
    expect(await ada.statusOf(await ada.sharedSecretToken(), beside)).toBe(401);
    await stream.ended;
    expect((await ada.login(password)).body.error_code).toBe('INVALID_CREDENTIALS');
  });

  test('wants the password again; a wrong one is audited, and nothing happens', async () => {
    const ada = await registerAccount(app);
    const wrong = await ada.send(ada.token, 'DELETE', '', { password: newPassword });
    expect([wrong.status, wrong.body.error_code]).toEqual([401, 'INVALID_CREDENTIALS']);
    expect((await ada.send(ada.token, 'DELETE', '', {})).status).toBe(422);
    expect((await ada.send(await ada.sharedSecretToken(), 'DELETE', '', { confirm: ada.id })).status).toBe(
      404,
    );
    expect(await ada.statusOf(ada.token)).toBe(200);
    expect(await ada.auditedActions()).toContain('user.erase failure');
  });
});

describe('a user of another issuer', () => {
  test('confirms with the id and a new token, and may begin anew with a later one', async () => {
    const user = await app.newUser();
    const old = await mintToken({ sub: user.id, iat: Math.floor(Date.now() / 1000) - 400 });
    await app.request('POST', `${user.v1}/tasks`, { token: user.token, body: { title: 'x' } });
    const erase = (token: string, confirm: string) =>
      app.request('DELETE', user.v1, { token, body: { confirm } });
    expect((await erase(user.token, 'me')).status).toBe(422);
    expect((await erase(old, user.id)).status).toBe(401);
    expect((await erase(user.token, user.id)).status).toBe(202);
    await isErased(user.id);
    const { revision = 0n } = (await erasureOf(user.id)) ?? {};
    const list = `${user.v1}/tasks`;
    await vi.waitFor(
      async () => expect((await app.request('GET', list, { token: user.token })).status).toBe(401),
      patience,
    );
    // `iat` counts in seconds, and clocks may differ by five.
    const later = await mintToken({ sub: user.id, iat: Math.ceil(Date.now() / 1000) + 5 });
    await vi.waitFor(
      async () => expect((await app.request('GET', list, { token: later })).status).toBe(200),
      patience,
    );
    expect((await app.request('GET', list, { token: later })).body.data).toEqual([]);
    expect((await app.request('POST', list, { token: later, body: { title: 'y' } })).status).toBe(201);
    const owner = await erasureOf(user.id);
    expect(owner).toMatchObject({ erasure: null, revision: revision + 1n });
    await continueErasures(app.ctx.db, app.ctx.config.erasure);
    expect((await app.request('GET', list, { token: later })).body.data).toHaveLength(1);
  });

  test('cannot be written to while the erasure runs', async () => {
    const user = await app.newUser();
    const body = { title: 'x' };
    await app.request('POST', `${user.v1}/tasks`, { token: user.token, body });
    await sql`update duly.owners set erasure = 'running' where user_id = ${user.id}`.execute(app.ctx.db);
    expect((await app.request('POST', `${user.v1}/tasks`, { token: user.token, body })).status).toBe(401);
  });
});

describe('an erasure by an admin', () => {
  test('is done once; afterwards the user is unknown', async () => {
    const admin = await registerAccount(app);
    await sql`update better_auth."user" set role = 'admin' where id = ${admin.id}`.execute(app.ctx.db);
    const token = await admin.newToken();
    const ada = await registerAccount(app);
    const path = `/api/v1/admin/users/${ada.id}`;
    expect((await app.request('DELETE', path, { token })).status).toBe(202);
    await isErased(ada.id);
    expect((await app.request('DELETE', path, { token })).status).toBe(404);
    expect((await app.request('GET', path, { token })).status).toBe(404);
    const listed = await app.request('GET', `/api/v1/admin/users?search=${ada.id}`, { token });
    expect(listed.body.data).toEqual([]);
    expect((await app.request('DELETE', '/api/v1/admin/users/nobody', { token })).status).toBe(404);
    expect(await findings()).toEqual([]);
  });

  test.each(['the job', 'the same command'])('that is killed in the middle is finished by %s', async (by) => {
    const markers = createMarkers();
    const { id, email } = await plantMarkers(app, markers);
    await sql`
      insert into duly.tasks (user_id, title, revision)
      select ${id}, ${markers.next('many')}, 1 from generate_series(1, 20000)`.execute(app.ctx.db);
    const env = { DATABASE_URL: urlOf(app.database.connection), DATA_DIR: app.ctx.config.dataDir };
    const command = startProcess(['admin', 'delete', id], env);
    command.child.stdout?.once('data', () => command.child.kill('SIGKILL'));
    const { signal, stdout, stderr } = await command.ended;
    expect([signal, stdout, stderr]).toEqual(['SIGKILL', 'nobody gets in any more as this user\n', '']);
    expect(email).not.toBe('');
    expect((await erasureOf(id))?.erasure).toBe('running');
    expect((await findMarkers(app.ctx.db, markers)).size).toBeGreaterThan(0);
    if (by === 'the job') await continueErasures(app.ctx.db, app.ctx.config.erasure);
    else
      expect(await startProcess(['admin', 'delete', id], env).ended).toMatchObject({ code: 0, stderr: '' });
    expect([...(await findMarkers(app.ctx.db, markers))]).toEqual([]);
    expect((await erasureOf(id))?.erasure).toBe('done');
    expect(await findings()).toEqual([]);
  });

  test('erases later what other processes counted of the user', async () => {
    const user = await app.newUser();
    await app.request('POST', `${user.v1}/tasks`, { token: user.token, body: { title: 'x' } });
    await beside.request('GET', `${user.v1}/tasks`, { token: user.token });
    await app.request('DELETE', user.v1, { token: user.token, body: { confirm: user.id } });
    await isErased(user.id);
    await beside.ctx.auditCounts.flush();
    expect((await auditEntriesOf(app.ctx.db, user.id)).at(-1)?.address).not.toBeNull();
    await continueErasures(app.ctx.db, app.ctx.config.erasure);
    expect((await auditEntriesOf(app.ctx.db, user.id)).at(-1)?.address).toBeNull();
    await sql`update duly.erasures set content_erased_at = now() - interval '11 minutes'`.execute(app.ctx.db);
    await continueErasures(app.ctx.db, app.ctx.config.erasure);
    const { rows: open } = await sql`select from duly.erasures where user_id is not null`.execute(app.ctx.db);
    expect(open).toEqual([]);
    expect(await findings()).toEqual([]);
  });
});
