import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createBrowser,
  newPassword,
  password,
  type RegisteredAccount,
  registerAccount,
} from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { codeOf, secretOf } from '../support/totp.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A code that is wrong now and in the next periods. */
function wrongCodeOf(secret: string): string {
  const right = [-2, -1, 0, 1, 2].map((ahead) => codeOf(secret, ahead));
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code)) ?? ''
  );
}

/** Enables the second factor of an account, which uses up the current code. */
async function withSecondFactor(account: RegisteredAccount) {
  const browser = createBrowser(app);
  await browser.send('POST', '/sign-in/email', { email: account.email, password });
  const { body } = await browser.send('POST', '/two-factor/enable', { password });
  const secret = secretOf(body.totpURI);
  const backupCodes: string[] = body.backupCodes;
  expect((await account.login(password)).status).toBe(200);
  const code = codeOf(secret);
  expect((await browser.send('POST', '/two-factor/verify-totp', { code })).status).toBe(200);
  return { secret, backupCodes, usedCode: code };
}

const totpRequired = { status: 401, body: { error_code: 'TOTP_REQUIRED' } };
const wrong = { status: 401, body: { error_code: 'INVALID_CREDENTIALS' } };

describe('the log-in of an account with a second factor', () => {
  test('wants a code after the right password, takes each code once, and never a wrong one', async () => {
    const account = await registerAccount(app);
    const { secret, usedCode } = await withSecondFactor(account);
    const missing = await account.login(password);
    expect(missing).toMatchObject(totpRequired);
    expect(missing.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const code = codeOf(secret, 1);
    expect(await account.login('wrong-otter-42')).toMatchObject(wrong);
    expect(await account.login('wrong-otter-42', { totp_code: code })).toMatchObject(wrong);
    expect(await account.login(password, { totp_code: wrongCodeOf(secret) })).toMatchObject(wrong);
    expect(await account.login(password, { totp_code: usedCode })).toMatchObject(wrong);
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => account.login(password, { totp_code: code })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect(await account.login(password, { totp_code: code })).toMatchObject(wrong);
    const token = replies.find(({ status }) => status === 200)?.body.access_token;
    expect(await account.statusOf(token)).toBe(200);
    // There are no other sessions than those of registration, before and after enabling, and of the log-in with the
    // code.
    const { body } = await account.send(token, 'GET', '/sessions');
    expect(body.data).toHaveLength(4);
    for (const odd of ['12345', '1234567', 'abcdef', ' 12345', '123-456', '１２３４５６'])
      expect((await account.login(password, { totp_code: odd })).body.errors).toEqual([
        { loc: ['body', 'totp_code'], msg: 'must be six digits', type: 'format' },
      ]);
  });

  test.each([
    ['in the middle', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
    [
      'that does not break, at the ends and in pairs',
      (code: string) => ` ${code.slice(0, 2)}\u00a0${code.slice(2, 4)}\u202f${code.slice(4)}\n`,
    ],
  ])('takes a code with white space %s, once however it is written', async (_, spaced) => {
    const account = await registerAccount(app);
    const { secret, usedCode } = await withSecondFactor(account);
    const code = codeOf(secret, 1);
    expect(await account.login(password, { totp_code: spaced(usedCode) })).toMatchObject(wrong);
    expect((await account.login(password, { totp_code: spaced(code) })).status).toBe(200);
    expect(await account.login(password, { totp_code: code })).toMatchObject(wrong);
  });

  test('through Better Auth takes codes with white space, once however they are written', async () => {
    const account = await registerAccount(app);
    const { secret, backupCodes } = await withSecondFactor(account);
    const code = codeOf(secret, 1);
    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    for (const [kind, sent, status] of [
      ['totp', spaced, 200],
      ['totp', code, 401],
      ['totp', ` ${code}`, 401],
      ['backup-code', ` ${backupCodes[0]}\n`, 200],
      ['backup-code', backupCodes[0], 401],
    ] as const) {
      const browser = createBrowser(app);
      await browser.send('POST', '/sign-in/email', { email: account.email, password });
      const reply = await browser.send('POST', `/two-factor/verify-${kind}`, { code: sent });
      expect(reply.status).toBe(status);
    }
    expect(await account.login(password, { totp_code: spaced })).toMatchObject(wrong);
  });

  test('is locked after ten wrong codes, also for the right one, by v1 and Better Auth', async () => {
    const account = await registerAccount(app);
    const { secret } = await withSecondFactor(account);
    const totp_code = wrongCodeOf(secret);
    for (let attempt = 0; attempt < 10; attempt += 1)
      expect(await account.login(password, { totp_code })).toMatchObject(wrong);
    const locked = await account.login(password, { totp_code: codeOf(secret, 1) });
    expect([locked.status, locked.body.error_code]).toEqual([429, 'RATE_LIMITED']);
    expect(locked.headers.get('retry-after')).toBe('900');
    const browser = createBrowser(app);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    const code = codeOf(secret, 1);
    expect((await browser.send('POST', '/two-factor/verify-totp', { code })).status).toBe(429);
    expect(await account.login(password)).toMatchObject(totpRequired);
    await sql`
      update better_auth."twoFactor" set "lockedUntil" = now() - interval '1 s'
      where "userId" = ${account.id}`.execute(app.ctx.db);
    expect((await account.login(password, { totp_code: codeOf(secret, 1) })).status).toBe(200);
  });

  test('through Better Auth gives no session before the code, takes each once, and a backup code in its place', async () => {
    const account = await registerAccount(app);
    const { secret, backupCodes } = await withSecondFactor(account);
    const browsers = [createBrowser(app), createBrowser(app), createBrowser(app), createBrowser(app)];
    for (const browser of browsers) {
      const { body } = await browser.send('POST', '/sign-in/email', { email: account.email, password });
      expect(body).toEqual({ twoFactorRedirect: true, twoFactorMethods: ['totp'] });
      expect((await browser.send('GET', '/get-session')).body).toBeNull();
    }
    const [first, second, third, fourth] = browsers;
    const code = codeOf(secret, 1);
    expect((await first?.send('POST', '/two-factor/verify-totp', { code }))?.status).toBe(200);
    expect((await first?.send('GET', '/get-session'))?.body.user.id).toBe(account.id);
    expect((await second?.send('POST', '/two-factor/verify-totp', { code }))?.status).toBe(401);
    expect((await second?.send('GET', '/get-session'))?.body).toBeNull();
    expect(await account.login(password, { totp_code: code })).toMatchObject(wrong);
    const backup = { code: backupCodes[0] };
    expect((await third?.send('POST', '/two-factor/verify-backup-code', backup))?.status).toBe(200);
    expect((await third?.send('GET', '/get-session'))?.body.user.id).toBe(account.id);
    expect((await fourth?.send('POST', '/two-factor/verify-backup-code', backup))?.status).toBe(401);
    for (const path of ['/two-factor/send-otp', '/two-factor/verify-otp'])
      expect((await fourth?.send('POST', path, { code }))?.status).toBe(404);
  });

  test('trusts no device: neither a new code nor a used one spares the next', async () => {
    const account = await registerAccount(app);
    const { secret, usedCode } = await withSecondFactor(account);
    for (const [code, status] of [
      [usedCode, 401],
      [codeOf(secret, 1), 200],
    ] as const) {
      const browser = createBrowser(app);
      await browser.send('POST', '/sign-in/email', { email: account.email, password });
      const sent = { code, trustDevice: true };
      expect((await browser.send('POST', '/two-factor/verify-totp', sent)).status).toBe(status);
      expect([...browser.cookies.keys()].filter((name) => name.includes('trust'))).toEqual([]);
      const { body } = await browser.send('POST', '/sign-in/email', { email: account.email, password });
      expect(body.twoFactorRedirect).toBe(true);
    }
  });

  test('that waits for its code is over once the password was changed', async () => {
    const account = await registerAccount(app);
    const { secret } = await withSecondFactor(account);
    const browser = createBrowser(app);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    const own = await account.login(password, { totp_code: codeOf(secret, 1) });
    const change = { current_password: password, new_password: newPassword };
    expect((await account.send(own.body.access_token, 'POST', '/password', change)).status).toBe(200);
    const late = await browser.send('POST', '/two-factor/verify-totp', { code: codeOf(secret) });
    expect(late.status).toBe(401);
    expect((await browser.send('GET', '/get-session')).body).toBeNull();
  });

  test('wants none any more once it was turned off, which takes the password', async () => {
    const account = await registerAccount(app);
    const { secret } = await withSecondFactor(account);
    const browser = createBrowser(app);
    await browser.send('POST', '/sign-in/email', { email: account.email, password });
    await browser.send('POST', '/two-factor/verify-totp', { code: codeOf(secret, 1) });
    const off = (word: string) => browser.send('POST', '/two-factor/disable', { password: word });
    expect((await off('wrong-otter-42')).status).toBe(400);
    expect(await account.login(password)).toMatchObject(totpRequired);
    expect((await off(password)).status).toBe(200);
    expect((await account.login(password)).status).toBe(200);
  });
});

test('neither the secret nor a backup code stands in the database in clear', async () => {
  const account = await registerAccount(app);
  const { secret, backupCodes, usedCode } = await withSecondFactor(account);
  const { rows } = await sql<{ text: string }>`
    select t::text as text from better_auth."twoFactor" t where "userId" = ${account.id}
    union all select v::text from better_auth.verification v`.execute(app.ctx.db);
  const stored = rows.map(({ text }) => text).join('\n');
  for (const clear of [secret, ...backupCodes, `:${usedCode}`]) expect(stored).not.toContain(clear);
});
