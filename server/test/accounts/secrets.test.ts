import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mintToken, secret, startApp, type TestApp } from '../support/app.ts';
import {
  keyIdOf,
  logIn,
  password,
  registerUser,
  type SigningAccount,
  statusOf,
  storedKeys,
} from '../support/signing.ts';

const newSecret = 'Rk4-tW9x_Qm2.Zp7sLc5+Hb8nVd3gYf6';
const otherSecret = 'Nc8+jX3k_Ts6.Wd1rFv9-Gm4qBz7hUy2';

/** An instance with one secret. Instances with other secrets share its database. */
let main: TestApp;
beforeEach(async () => {
  main = await startApp();
});
afterEach(() => main.close());

describe('another secret in front of the one from before', () => {
  const withSecrets = (...secrets: string[]) => startApp({ BETTER_AUTH_SECRET: secrets.join(',') }, main);

  test('lets everything that the older one signed go on', async () => {
    const account = await registerUser(main);
    const user = await main.newUser();
    const body = { title: 'x' };
    for (const _ of [1, 2, 3]) await main.request('POST', `${user.v1}/tasks`, { body, token: user.token });
    const path = `${user.v1}/tasks?limit=1`;
    const page = (await main.request('GET', path, { token: user.token })).body.pagination.next_cursor;
    const keys = await storedKeys(main);
    const app = await withSecrets(newSecret, secret);
    try {
      expect(await storedKeys(main)).toEqual(keys);
      const again = await logIn(app, account);
      expect([
        keyIdOf(again),
        await statusOf(app, account, again),
        await statusOf(main, account, again),
      ]).toEqual([keys[0]?.id, 200, 200]);
      const minted = (by: string) => mintToken({ sub: user.id }, by);
      for (const token of [await minted(secret), await minted(newSecret)])
        expect(await statusOf(app, user, token)).toBe(200);
      expect(await statusOf(app, user, await minted(otherSecret))).toBe(401);
      expect(await statusOf(app, user, await minted(`${newSecret},${secret}`))).toBe(401);
      const next = await app.request('GET', `${path}&cursor=${page}`, { token: user.token });
      expect([next.status, next.body.data.length]).toEqual([200, 1]);
      const newPage = next.body.pagination.next_cursor;
      const onOld = await main.request('GET', `${path}&cursor=${newPage}`, { token: user.token });
      expect(onOld.status).toBe(422);
    } finally {
      await app.close();
    }
  });

  const origin = 'http://localhost:3000';
  async function signIn(app: TestApp, { email }: SigningAccount) {
    const reply = await app.request('POST', '/api/auth/sign-in/email', {
      body: { email, password },
      headers: { origin },
    });
    const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? '';
    return { cookie, bearer: reply.headers.get('set-auth-token') ?? '' };
  }
  const sessionOf = async (app: TestApp, headers: Record<string, string>) => {
    const { status, body } = await app.request('GET', '/api/auth/get-session', { headers });
    expect(status).toBe(200);
    return body?.user.id ?? null;
  };

  test('keeps the sessions of Better Auth, by cookie and by bearer token, until the older one is gone', async () => {
    const account = await registerUser(main);
    const { cookie, bearer } = await signIn(main, account);
    const app = await withSecrets(newSecret, secret);
    const fresh = await signIn(app, account);
    try {
      expect(await sessionOf(app, { cookie: `a=b; ${cookie}; c=d` })).toBe(account.id);
      expect(await sessionOf(app, { authorization: `Bearer ${bearer}` })).toBe(account.id);
      const [name = '', value = ''] = cookie.split('=');
      const forged = decodeURIComponent(value).replace(
        /\.(.)/,
        (_, start) => `.${start === 'A' ? 'B' : 'A'}`,
      );
      expect(await sessionOf(app, { cookie: `${name}=${encodeURIComponent(forged)}` })).toBeNull();
      expect(await sessionOf(app, { authorization: `Bearer ${forged}` })).toBeNull();
    } finally {
      await app.close();
    }
    const later = await withSecrets(otherSecret, newSecret);
    try {
      expect(await sessionOf(later, { cookie: fresh.cookie })).toBe(account.id);
      expect(await sessionOf(later, { cookie })).toBeNull();
    } finally {
      await later.close();
    }
  });

  test('what stands in the database of a session is of no use without a secret', async () => {
    await signIn(main, await registerUser(main));
    const { rows } = await sql<{ token: string }>`select token from better_auth.session`.execute(main.ctx.db);
    for (const { token } of rows) {
      for (const value of [token, `${token}.`, `${token}.${'A'.repeat(43)}=`]) {
        const cookie = `better-auth.session_token=${encodeURIComponent(value)}`;
        expect(await sessionOf(main, { cookie })).toBeNull();
        expect(await sessionOf(main, { authorization: `Bearer ${value}` })).toBeNull();
      }
    }
    expect(rows).toHaveLength(2);
    for (const { privateKey } of await storedKeys(main))
      expect(privateKey).toMatch(/^"\$ba\$\d+\$[0-9a-f]{100,}"$/);
  });

  test('reads a signing key that was encrypted before secrets had versions', async () => {
    const [key] = await storedKeys(main);
    const { secretConfig } = await (await main.ctx.betterAuth()).$context;
    const data = await symmetricDecrypt({ key: secretConfig, data: JSON.parse(key?.privateKey ?? '') });
    const privateKey = JSON.stringify(await symmetricEncrypt({ key: secret, data }));
    await sql`update better_auth.jwks set "privateKey" = ${privateKey}`.execute(main.ctx.db);
    for (const secrets of [[secret], [newSecret, secret], [otherSecret, newSecret, secret]]) {
      const app = await withSecrets(...secrets);
      try {
        expect(keyIdOf((await registerUser(app)).token)).toBe(key?.id);
      } finally {
        await app.close();
      }
    }
    expect(await storedKeys(main)).toHaveLength(1);
  });

  test('without it: a new signing key, and what the old one signed is still good', async () => {
    const account = await registerUser(main);
    const app = await withSecrets(otherSecret);
    try {
      const token = await logIn(app, account);
      expect(keyIdOf(token)).not.toBe(keyIdOf(account.token));
      for (const each of [token, account.token]) expect(await statusOf(app, account, each)).toBe(200);
      expect((await storedKeys(main)).map(({ live }) => live)).toEqual([false, true]);
    } finally {
      await app.close();
    }
  });
});
