import { randomUUID } from 'node:crypto';
import { createEmailVerificationToken } from 'better-auth/api';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { passwordHashing, signInStore } from '../../src/accounts/passwords.ts';
import { createLink } from '../../src/accounts/stored-links.ts';
import { createBrowser, newPassword, origin, password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { databaseError, withFailure } from '../support/failing.ts';
import { isLong } from '../support/long-tests.ts';
import { codeOf, secretOf } from '../support/totp.ts';

/** Failures that any statement may have while this server runs normally. */
const failures: [name: string, make: () => Error][] = [
  ['a lock time-out', () => databaseError('55P03', 'canceling statement due to lock timeout')],
  ['read-only', () => databaseError('25006', 'cannot execute INSERT in a read-only transaction')],
  ['a lost connection', () => new Error('Connection terminated unexpectedly')],
  ['a statement time-out', () => databaseError('57014', 'canceling statement due to statement timeout')],
  ['a shutdown', () => databaseError('57P01', 'terminating connection due to administrator command')],
  ['a deadlock', () => databaseError('40P01', 'deadlock detected')],
];

let app: TestApp;
beforeAll(async () => {
  // Hundreds of accounts are registered: real hashing would take a minute.
  vi.spyOn(passwordHashing, 'hash').mockImplementation(async (word) => `plain ${word}`);
  vi.spyOn(passwordHashing, 'verify').mockImplementation(async ({ hash, password: word }) => {
    const current = signInStore.getStore();
    const isRight = hash === `plain ${word}`;
    if (isRight && current !== undefined) current.passwordHash = hash;
    return isRight;
  });
  app = await startApp();
  // Better Auth's adapter prints some failures.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await app.close();
});

interface Reply {
  status: number;
  headers: Headers;
  text: string;
}

type Send = () => Promise<Reply>;

/** Sends without following redirects. */
async function sendOnce(method: string, path: string): Promise<Reply> {
  const init = { method, redirect: 'manual', headers: { origin } } as const;
  const response = await fetch(`${app.url}/api/auth${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function signedIn() {
  const account = await registerAccount(app);
  const browser = createBrowser(app);
  await browser.send('POST', '/sign-in/email', { email: account.email, password });
  return {
    account,
    browser,
    post:
      (path: string, body: unknown = {}) =>
      () =>
        browser.send('POST', path, body),
  };
}

async function withSecondFactor() {
  const { account, browser } = await signedIn();
  const { body } = await browser.send('POST', '/two-factor/enable', { password });
  const secret = secretOf(body.totpURI);
  await browser.send('POST', '/two-factor/verify-totp', { code: codeOf(secret) });
  return { account, browser, secret, backupCodes: body.backupCodes as string[] };
}

/** Signs in with a browser up to the second factor. */
async function challenged() {
  const made = await withSecondFactor();
  const browser = createBrowser(app);
  await browser.send('POST', '/sign-in/email', { email: made.account.email, password });
  return { ...made, browser };
}

const post = (path: string, body?: unknown) => async (): Promise<Send> => (await signedIn()).post(path, body);
const get = (path: string) => async (): Promise<Send> => {
  const { browser } = await signedIn();
  return () => browser.send('GET', path);
};
const newEmail = () => `grace.${randomUUID()}@example.com`;

/** Every public route of Better Auth, and the routes of `/api/v1` that call it. Each prepares one request. */
const routes: Record<string, () => Promise<Send>> = {
  '/sign-up/email': async () => () =>
    createBrowser(app).send('POST', '/sign-up/email', { email: newEmail(), password, name: 'Grace' }),
  '/sign-in/email': async () => {
    const { email } = await registerAccount(app);
    return () => createBrowser(app).send('POST', '/sign-in/email', { email, password });
  },
  '/sign-out': post('/sign-out'),
  '/get-session': get('/get-session'),
  '/list-sessions': get('/list-sessions'),
  '/list-accounts': get('/list-accounts'),
  '/token': get('/token'),
  '/jwks': get('/jwks'),
  '/update-user': post('/update-user', { name: 'Countess' }),
  '/update-session': post('/update-session'),
  '/change-password': post('/change-password', { currentPassword: password, newPassword }),
  '/send-verification-email': async () => {
    const { account, post } = await signedIn();
    return post('/send-verification-email', { email: account.email });
  },
  '/verify-email': async () => {
    const { email } = await registerAccount(app);
    const { secret } = await (await app.ctx.betterAuth()).$context;
    const token = await createEmailVerificationToken(secret, email);
    return () => createBrowser(app).send('GET', `/verify-email?token=${token}`);
  },
  '/reset-password': async () => {
    const { token } = await createLink(app.ctx.db, (await registerAccount(app)).id, 'reset');
    return () => createBrowser(app).send('POST', '/reset-password', { token, newPassword });
  },
  '/reset-password/:token': async () => {
    const { token } = await createLink(app.ctx.db, (await registerAccount(app)).id, 'reset');
    return () => sendOnce('GET', `/reset-password/${token}?callbackURL=%2Fnew-password`);
  },
  '/revoke-session': async () => {
    const { browser, post } = await signedIn();
    const { body } = await browser.send('GET', '/get-session');
    return post('/revoke-session', { token: body.session.token });
  },
  '/revoke-sessions': post('/revoke-sessions'),
  '/revoke-other-sessions': post('/revoke-other-sessions'),
  '/two-factor/enable': post('/two-factor/enable', { password }),
  '/two-factor/disable': async () => {
    const { browser } = await withSecondFactor();
    return () => browser.send('POST', '/two-factor/disable', { password });
  },
  '/two-factor/get-totp-uri': async () => {
    const { browser } = await withSecondFactor();
    return () => browser.send('POST', '/two-factor/get-totp-uri', { password });
  },
  '/two-factor/generate-backup-codes': async () => {
    const { browser } = await withSecondFactor();
    return () => browser.send('POST', '/two-factor/generate-backup-codes', { password });
  },
  '/two-factor/verify-totp': async () => {
    const { browser, secret } = await challenged();
    return () => browser.send('POST', '/two-factor/verify-totp', { code: codeOf(secret, 1) });
  },
  '/two-factor/verify-backup-code': async () => {
    const { browser, backupCodes } = await challenged();
    return () => browser.send('POST', '/two-factor/verify-backup-code', { code: backupCodes[0] });
  },
  'v1 register': async () => () =>
    app.request('POST', '/api/v1/auth/register', {
      body: { email: newEmail(), password, first_name: 'Grace', last_name: 'Hopper' },
    }),
  'v1 login': async () => {
    const { login } = await registerAccount(app);
    return () => login(password);
  },
  'v1 login with a second factor': async () => {
    const { account, secret } = await withSecondFactor();
    return () => account.login(password, { totp_code: codeOf(secret, 1) });
  },
  'v1 password': async () => {
    const { token, send } = await registerAccount(app);
    return () => send(token, 'POST', '/password', { current_password: password, new_password: newPassword });
  },
};

/** Routes that use up a token or session before they fail, so each try needs a new preparation. */
const isUsingUp = (name: string) =>
  /verify-totp|verify-backup-code|second factor|sign-out|revoke|password|disable/.test(name);

function expectUnavailable({ status, headers, text }: Reply, what: string): void {
  expect([status, headers.get('retry-after')], `${what}: ${text}`).toEqual([503, '1']);
  expect(JSON.parse(text)).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE' });
}

/** Whether the server retries: it begins its own transactions again, and repeats them after a deadlock. */
const isRetried = (kind: string, failed: string) => kind === 'a deadlock' || failed.startsWith('begin');

test.each(Object.entries(routes))(
  '%s is a 503 with Retry-After whichever of its statements the database fails',
  async (name, prepare) => {
    let send = await prepare();
    let tries = 0;
    for (let number = 0; ; number += 1) {
      const kinds = isLong ? failures : failures.filter((_, index) => index === tries % failures.length);
      for (const [kind, make] of kinds) {
        if (tries > 0 && isUsingUp(name)) send = await prepare();
        tries += 1;
        const { value: reply, failed } = await withFailure(number, make(), send);
        if (failed === null) {
          // The route has fewer statements: each of them has failed once, and this response is without a failure.
          expect(number, 'asks nothing').toBeGreaterThan(0);
          expect(reply.status, reply.text).toBeLessThan(name === '/update-session' ? 401 : 400);
          return;
        }
        if (!isRetried(kind, failed) || reply.status >= 400) expectUnavailable(reply, `${kind} in ${failed}`);
      }
    }
  },
);

test('no other route of Better Auth is open, but those that ask the database nothing', async () => {
  const paths = Object.values((await app.ctx.betterAuth()).api).flatMap((endpoint) =>
    'path' in endpoint && typeof endpoint.path === 'string' ? [endpoint.path] : [],
  );
  const open = [];
  for (const path of new Set(paths)) {
    if (path in routes) continue;
    const replies = [await sendOnce('GET', path), await sendOnce('POST', path)];
    if (replies.some(({ status }) => status !== 404)) open.push(path);
  }
  expect(open).toEqual(['/callback/:id', '/request-password-reset', '/ok']);
});
