import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, password, type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp, type TestUser } from '../support/app.ts';
import { locsOf } from '../support/tasks.ts';

let app: TestApp;
let account: RegisteredAccount;
beforeAll(async () => {
  app = await startApp();
  account = await registerAccount(app);
});
afterAll(() => app.close());

const get = ({ id, token }: Pick<TestUser, 'id' | 'token'>) =>
  app.request('GET', `/api/v1/users/${id}`, { token });
const patch = ({ id, token }: Pick<TestUser, 'id' | 'token'>, body: unknown) =>
  app.request('PATCH', `/api/v1/users/${id}`, { token, body });

async function revisionOf(userId: string): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    select revision::int from duly.owners where user_id = ${userId}`.execute(app.ctx.db);
  return rows[0]?.revision ?? 0;
}

describe('the profile of an account', () => {
  test('is what it registered with, in UTC and English', async () => {
    const { status, body } = await get(account);
    expect(status).toBe(200);
    expect(body.data).toEqual({
      id: account.id,
      email: account.email,
      email_verified: false,
      first_name: 'Ada',
      last_name: 'Lovelace',
      time_zone: 'UTC',
      locale: 'en',
      default_reminder_minutes: null,
      digest_hour: null,
      role: 'user',
      created_at: expect.stringMatching(/Z$/),
    });
  });

  test('patches and changes of the account by Better Auth do not lock each other out', async () => {
    const busy = await registerAccount(app);
    const browser = createBrowser(app);
    const { email } = busy;
    expect((await browser.send('POST', '/sign-in/email', { email, password })).status).toBe(200);
    const times = Array.from({ length: 40 }, (_, index) => index);
    const patches = (async () => {
      for (const index of times)
        expect((await patch(busy, { first_name: `patch ${index}` })).status).toBe(200);
    })();
    for (const index of times) {
      const { status } = await browser.send('POST', '/update-user', { firstName: `update ${index}` });
      expect(status).toBe(200);
    }
    await patches;
  });

  test('keeps what a patch does not name, and its names are those of Better Auth', async () => {
    const { status, body } = await patch(account, { first_name: ' Augusta ', time_zone: 'Europe/London' });
    expect([status, body.message]).toEqual([200, 'Profile updated successfully']);
    expect(body.data).toMatchObject({
      first_name: 'Augusta',
      last_name: 'Lovelace',
      time_zone: 'Europe/London',
      locale: 'en',
    });
    expect((await patch(account, { last_name: '', locale: 'pt-BR' })).body.data).toMatchObject({
      first_name: 'Augusta',
      last_name: '',
      time_zone: 'Europe/London',
      locale: 'pt-BR',
    });
    expect((await get(account)).body.data).toMatchObject({ first_name: 'Augusta', locale: 'pt-BR' });
    const { body: login } = await account.login(password);
    expect(login.user).toMatchObject({ first_name: 'Augusta', last_name: '' });
    const browser = createBrowser(app);
    const signedIn = await browser.send('POST', '/sign-in/email', { email: account.email, password });
    expect(signedIn.body.user).toMatchObject({ name: 'Augusta', firstName: 'Augusta', lastName: '' });
  });

  test.each([
    { time_zone: 'Asia/Kolkata' },
    { time_zone: 'Europe/Kyiv' },
    { time_zone: 'America/Argentina/Buenos_Aires' },
    { time_zone: 'US/Pacific' },
    { time_zone: 'Etc/GMT+5' },
    { time_zone: 'UTC' },
    { time_zone: 'GMT' },
    { time_zone: 'europe/berlin' },
    { locale: 'iw' },
    { locale: 'in-ID' },
    { locale: 'tl' },
    { locale: 'zh-hant-tw' },
    { locale: 'PT-br' },
  ])('%j comes back as it was sent', async (sent) => {
    expect(await patch(account, sent)).toMatchObject({ status: 200, body: { data: sent } });
    expect((await get(account)).body.data).toMatchObject(sent);
  });

  test('a change is one revision and one entry of the audit log; none is neither', async () => {
    const one = await registerAccount(app);
    await patch(one, { locale: 'de' });
    expect(await revisionOf(one.id)).toBe(1);
    await patch(one, { locale: 'de', first_name: 'Ada' });
    await patch(one, {});
    expect(await revisionOf(one.id)).toBe(1);
    expect((await one.auditedActions()).filter((entry) => entry.startsWith('profile'))).toEqual([
      'profile.update success',
    ]);
  });

  test.each([
    [{ first_name: null }, 'first_name'],
    [{ last_name: null, locale: 'fr' }, 'last_name'],
    [{ first_name: '  ' }, 'first_name'],
    [{ last_name: 'x'.repeat(101) }, 'last_name'],
    [{ first_name: 5 }, 'first_name'],
    [{ time_zone: 'Mars/Olympus' }, 'time_zone'],
    [{ time_zone: '+01:00' }, 'time_zone'],
    [{ time_zone: ' Europe/Berlin' }, 'time_zone'],
    [{ time_zone: '' }, 'time_zone'],
    [{ time_zone: null }, 'time_zone'],
    [{ locale: 'de_DE' }, 'locale'],
    [{ locale: '' }, 'locale'],
    [{ locale: `en-${'x-abcdefgh-'.repeat(5)}y` }, 'locale'],
    [{ email: 'other@example.com' }, 'email'],
    [{ email_verified: true }, 'email_verified'],
    [{ role: 'admin' }, 'role'],
    [{ id: 'x' }, 'id'],
    [{ created_at: '2026-01-01T00:00:00Z' }, 'created_at'],
  ])('%j is refused and %s named, and nothing is stored', async (body, field) => {
    const before = (await get(account)).body.data;
    const reply = await patch(account, body);
    expect([reply.status, locsOf(reply.body.errors)]).toEqual([422, [`body.${field}`]]);
    expect((await get(account)).body.data).toEqual(before);
  });
});

describe("the profile of another issuer's user", () => {
  test('is empty before the first write, and its own then', async () => {
    const user = await app.newUser();
    const empty = { email: null, first_name: null, last_name: null, role: 'user', created_at: null };
    expect((await get(user)).body.data).toMatchObject({ id: user.id, ...empty, time_zone: 'UTC' });
    expect(await revisionOf(user.id)).toBe(0);
    const { body } = await patch(user, { first_name: 'Grace', locale: 'en-US' });
    expect(body.data).toMatchObject({ first_name: 'Grace', last_name: null, locale: 'en-US', email: null });
    expect(body.data.created_at).toMatch(/Z$/);
    expect((await patch(user, { first_name: null })).body.data.first_name).toBeNull();
  });
});
