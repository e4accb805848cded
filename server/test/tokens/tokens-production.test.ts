import { decodeJwt } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerAccount } from '../support/accounts.ts';
import { mintToken, startApp, type TestApp } from '../support/app.ts';
import { startLimitedServer } from '../support/limited-server.ts';

const secret = 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u';
const production = { NODE_ENV: 'production', BETTER_AUTH_SECRET: secret };
const issuer = 'https://front.example';
const audience = 'duly-clients';

let app: TestApp;
beforeAll(async () => {
  app = await startApp(production);
});
afterAll(() => app.close());

describe('in production without JWT_ISSUER and JWT_AUDIENCE', () => {
  test('accounts of this server work, and tokens that others sign with the secret do not', async () => {
    const account = await registerAccount(app);
    expect(await account.statusOf(account.token)).toBe(200);
    const { iss, aud } = decodeJwt(account.token);
    for (const claims of [{}, { iss, aud }, { iss: issuer, aud: audience }]) {
      const token = await mintToken({ sub: account.id, ...claims }, secret);
      expect(await account.statusOf(token)).toBe(401);
    }
  });

  test('the log names the settings that such a token wants', async () => {
    const written: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void written.push(line) });
    const server = await startLimitedServer(app, production, log);
    const headers = { authorization: `Bearer ${await mintToken({ sub: 'ada' }, secret)}` };
    const { status, body } = await server.send('127.0.0.1', { url: '/api/ada/tasks', headers });
    expect([status, body.detail]).toEqual([401, 'Not authenticated: authorization required']);
    const lines = written.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'token refused');
    expect(lines).toEqual([
      expect.objectContaining({
        reason: 'HS256 not accepted: set JWT_ISSUER and JWT_AUDIENCE',
        expected: 'EdDSA with a key of /api/auth/jwks',
      }),
    ]);
  });
});

test('in production with JWT_ISSUER and JWT_AUDIENCE, HS256 tokens that carry both are accepted', async () => {
  const server = await startLimitedServer(app, { ...production, JWT_ISSUER: issuer, JWT_AUDIENCE: audience });
  const statusOf = async (claims: object) => {
    const headers = { authorization: `Bearer ${await mintToken({ sub: 'ada', ...claims }, secret)}` };
    return (await server.send('127.0.0.1', { url: '/api/ada/tasks', headers })).status;
  };
  expect(await statusOf({ iss: issuer, aud: audience })).toBe(200);
  expect(await statusOf({ iss: issuer })).toBe(401);
  expect(await statusOf({ aud: audience })).toBe(401);
});
