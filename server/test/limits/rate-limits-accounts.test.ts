import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authEndpointOf } from '../../src/limits/rate-limits.ts';
import { startApp, type TestApp } from '../support/app.ts';
import {
  betterAuthLogin,
  createLimitedAccount,
  type InjectedRequest,
  type LimitedServer,
  startLimitedServer,
  testAddresses,
  v1Login,
} from '../support/limited-server.ts';

let app: TestApp;
/** The default limits. Tests use different addresses and accounts. */
let server: LimitedServer;
/** A server with low limits. */
let strict: LimitedServer;
beforeAll(async () => {
  app = await startApp();
  server = await startLimitedServer(app, { RATE_LIMIT_AUTH: '10/60' });
  strict = await startLimitedServer(app, { RATE_LIMIT_AUTH: '2/60' });
});
afterAll(() => app.close());

let networks = 0;
/** Addresses that no test has used before. */
function newAddresses(count: number): string[] {
  networks += 1;
  return testAddresses(count, `10.0.${networks}`);
}
const newAddress = () => newAddresses(1)[0] ?? '';

const statusesOf = (from: string[], sent: (index: number) => InjectedRequest, over = server) =>
  Promise.all(from.map(async (address, index) => (await over.send(address, sent(index))).status));
const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;

const wrong = 'a wrong password';
const logins = [
  ['/api/v1/auth/login', v1Login],
  ['/api/auth/sign-in/email', betterAuthLogin],
] as const;

describe.each(logins)('guessing at %s', (_, login) => {
  test('one account from 20 addresses is refused, and its owner gets in from one never seen', async () => {
    const { email } = await createLimitedAccount(app);
    const spellings = [email, email.toUpperCase(), ` ${email}`.trim()];
    const statuses = await statusesOf(newAddresses(20), (index) =>
      login(spellings[index % spellings.length] ?? '', wrong),
    );
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([10, 10]);
    const refused = await server.send(newAddress(), login(email, wrong));
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'RATE_LIMITED', status_code: 429 } });
    expect(Object.keys(refused.body).sort()).toEqual(
      ['detail', 'error_code', 'request_id', 'status_code', 'timestamp'].sort(),
    );
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    expect(refused.headers['ratelimit-policy']).toBe('"account";q=10;w=60, "auth";q=10;w=60');
    expect(refused.headers.ratelimit).toMatch(/^"account";r=0;t=\d+, "auth";r=9;t=\d+$/);
    expect(refused.headers['www-authenticate']).toBeUndefined();
    expect((await server.send(newAddress(), login(email))).status).toBe(200);
  });

  test('20 accounts from one address is refused, and their owners get in from others', async () => {
    const { email } = await createLimitedAccount(app);
    const [attacker, owner] = [newAddress(), newAddress()];
    const statuses = await statusesOf(new Array<string>(20).fill(attacker), (index) =>
      login(index === 0 ? email : `nobody.${index}@example.com`, wrong),
    );
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([10, 10]);
    expect((await server.send(attacker, login(email))).status).toBe(429);
    expect((await server.send(owner, login(email))).status).toBe(200);
  });
});

describe('guessing', () => {
  const login = v1Login;

  test('without end is cut off, and shuts out nobody where they logged in before', async () => {
    const { email } = await createLimitedAccount(app);
    const home = newAddress();
    expect((await strict.send(home, login(email))).status).toBe(200);
    const statuses = await statusesOf(newAddresses(15), () => login(email, wrong), strict);
    expect(count(statuses, 401)).toBe(1);
    // The password is not checked: the right one gets the same response as a wrong one.
    expect((await strict.send(newAddress(), login(email))).status).toBe(429);
    expect((await strict.send(home, login(email))).status).toBe(200);
  });

  test('an account that does not exist is answered like one that does', async () => {
    const { email } = await createLimitedAccount(app);
    const seen = [];
    for (const name of [email, `nobody.${email}`]) {
      const from = newAddresses(4);
      const answers = [];
      for (const address of from) answers.push(await strict.send(address, login(name, wrong)));
      seen.push(answers.map(({ status, body }) => [status, body.detail ?? body.message]));
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]?.map(([status]) => status)).toEqual([401, 401, 429, 429]);
  });
});

test('log-ins by v1 and Better Auth count together', async () => {
  const { email } = await createLimitedAccount(app);
  const [a = '', b = '', c = ''] = newAddresses(3);
  expect((await strict.send(a, v1Login(email, wrong))).status).toBe(401);
  expect((await strict.send(b, betterAuthLogin(email, wrong))).status).toBe(401);
  expect((await strict.send(c, v1Login(email, wrong))).status).toBe(429);
  expect((await strict.send(a, betterAuthLogin(email, wrong))).status).toBe(429);
});

test('an account cannot be hidden from its limit behind a spelling, or behind another', async () => {
  const { email } = await createLimitedAccount(app);
  const json = (payload: string): InjectedRequest => ({
    ...betterAuthLogin(email),
    headers: { origin: 'http://localhost:3000', 'content-type': 'application/json' },
    payload,
  });
  const rest = '"password":"a wrong password"';
  const guesses = [
    json(`{"email":"${email.toUpperCase()}",${rest}}`),
    json(`{"email":"x@example.com",${rest},"email":"${email}"}`),
    json(`{"\\u0065mail":"${email}",${rest}}`),
    json(`\uFEFF{"email":"${email}",${rest}}`),
  ];
  const statuses = await statusesOf(newAddresses(4), (index) => guesses[index] ?? json(''), strict);
  expect(statuses.sort()).toEqual([401, 401, 429, 429]);
});

describe('every auth endpoint is limited by address', () => {
  const post = (url: string, payload: object = {}): InjectedRequest => ({
    method: 'POST',
    url,
    headers: { origin: 'http://localhost:3000' },
    payload,
  });
  test.each<InjectedRequest>([
    post('/api/v1/auth/register'),
    post('/api/v1/auth/login'),
    post('/api/v1/auth/%6cogin'),
    post('/api/auth/sign-in/email'),
    post('/api/auth/sign-in/username'),
    post('/api/auth/sign-up/email'),
    post('/api/auth/request-password-reset'),
    post('/api/auth/forget-password'),
    post('/api/auth/reset-password'),
    post('/api/auth/send-verification-email'),
    post('/api/auth/change-password'),
    post('/api/auth/two-factor/verify-totp'),
    { method: 'GET', url: '/api/auth/verify-email?token=x' },
    { method: 'GET', url: '/api/auth/reset-password/some-token' },
    post('/api/auth//sign-in/email'),
    post('/api/auth/sign-in//email'),
    post('/api/auth/./sign-in/email'),
    post('/api/auth/x/%2e%2e/sign-in/email'),
    post('/api/auth/%73ign-in/email'),
    post('/api/auth/%2573ign-in/email'),
    post('/api/auth/SIGN-IN/email/'),
    post('/api/auth%2fsign-in/email'),
    post('/api/auth/sign-in%2femail'),
  ])('$method $url', async (sent) => {
    const from = newAddress();
    // Another account each time, so that only the address is counted.
    const payload = sent.payload && { email: `${from}@example.com` };
    const statuses = await strict.repeat(3, from, { ...sent, ...(payload && { payload }) });
    expect(statuses).not.toContain(500);
    const isDoor = !sent.url.startsWith('/api/auth%2f');
    // This spelling matches no route.
    expect(statuses[2]).toBe(isDoor ? 429 : 404);
    expect(statuses.slice(0, 2)).not.toContain(429);
  });

  test.each([
    { url: '/api/auth/get-session' },
    { url: '/api/auth/token' },
    { url: '/api/auth/jwks' },
    post('/api/auth/sign-out'),
    post('/api/v1/auth/logout'),
    { url: '/api/v1/users/sign-in/tasks' },
    { url: '/api/sign-in/tasks' },
    { url: '/nowhere/sign-in' },
  ])('but not what is none: $url', async (sent) => {
    expect(await strict.repeat(4, '127.0.0.1', sent)).not.toContain(429);
  });

  test('by whatever URL', () => {
    expect(authEndpointOf('/api/v1/auth/login', '/x')).toBe('login');
    expect(authEndpointOf('/api/v1/auth/reset-password', '/x')).toBe('other');
    expect(authEndpointOf('/api/v1/users/:user_id/password', '/x')).toBe('other');
    expect(authEndpointOf('/api/v1/users/:user_id/tasks', '/x')).toBe(null);
    expect(authEndpointOf('/api/auth/*', '/api/auth/sign-in/email')).toBe('login');
    expect(authEndpointOf('/api/auth/*', '/api/auth/%ff/sign-up')).toBe('other');
    expect(authEndpointOf(undefined, '/api/auth/sign-in')).toBe(null);
  });
});

test('accounts and mail for one address are limited over all callers', async () => {
  const reset: InjectedRequest = {
    method: 'POST',
    url: '/api/auth/request-password-reset',
    headers: { origin: 'http://localhost:3000' },
    payload: { email: 'victim@example.com' },
  };
  const register: InjectedRequest = {
    method: 'POST',
    url: '/api/v1/auth/register',
    payload: { email: 'Victim@example.com', password: 'gentle-otter-42', first_name: 'V', last_name: '' },
  };
  const [a = '', b = '', c = ''] = newAddresses(3);
  await strict.send(a, reset);
  await strict.send(b, register);
  expect((await strict.send(c, reset)).status).toBe(429);
  expect((await strict.send(c, register)).status).toBe(429);
});
