import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { patience } from '../support/patience.ts';
import {
  keyIdOf,
  logIn,
  registerUser,
  type SigningAccount,
  statusOf,
  storedKeys,
} from '../support/signing.ts';

/** Two instances on one database. */
let apps: [TestApp, TestApp];
beforeEach(async () => {
  const first = await startApp();
  apps = [first, await startApp({}, first)];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await apps[1].close();
  await apps[0].close();
});

const db = () => apps[0].ctx.db;

const publishedIds = async (app: TestApp): Promise<string[]> =>
  (await app.request('GET', '/api/auth/jwks')).body.keys.map(({ kid }: { kid: string }) => kid);

const statusOnBoth = (account: SigningAccount, token: string) =>
  Promise.all(apps.map((app) => statusOf(app, account, token)));

/** Moves the times of all stored keys; positive days are in the past. */
async function age(days: number): Promise<void> {
  await sql`
    update better_auth.jwks set "createdAt" = "createdAt" - ${`${days} days`}::interval,
      "expiresAt" = "expiresAt" - ${`${days} days`}::interval`.execute(db());
}

/** Added to the monotonic clock, which times reloads. */
let passedMs = 0;
function pass(seconds: number): void {
  vi.restoreAllMocks();
  passedMs += seconds * 1_000;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs);
}

describe('the signing key', () => {
  test('has one successor, made by 40 requests to two instances at once, that signs when all know it', async () => {
    const account = await registerUser(apps[0]);
    const [old] = await storedKeys(apps[0]);
    expect(await statusOnBoth(account, account.token)).toEqual([200, 200]);
    await age(29.5);
    const requests = apps.flatMap((app) => Array.from({ length: 20 }, () => publishedIds(app)));
    await Promise.all(requests);
    await vi.waitFor(async () => expect(await storedKeys(apps[0])).toHaveLength(2), patience);
    const next = (await storedKeys(apps[0]))[1]?.id;
    for (const app of apps) expect(new Set(await publishedIds(app))).toEqual(new Set([old?.id, next]));
    for (const app of apps) expect(keyIdOf(await logIn(app, account))).toBe(old?.id);

    pass(601);
    await age(1.1);
    const tokens = await Promise.all(apps.map((app) => logIn(app, account)));
    expect(tokens.map(keyIdOf)).toEqual([next, next]);
    for (const token of [...tokens, account.token]) {
      expect(await statusOnBoth(account, token)).toEqual([200, 200]);
    }
    expect(await storedKeys(apps[0])).toHaveLength(2);
  });

  test('changes twice under load without one token refused, and goes when no token of it can live', async () => {
    const account = await registerUser(apps[0]);
    const tokens: string[] = [account.token];
    const refused: number[] = [];
    let isOver = false;
    const load = async (app: TestApp) => {
      while (!isOver) {
        const token = tokens[Math.floor(Math.random() * tokens.length)] ?? '';
        const status = await statusOf(app, account, token);
        // A busy machine may respond with 503.
        if (status !== 200 && status !== 503) refused.push(status);
      }
    };
    const loads = apps.flatMap((app) => [load(app), load(app)]);
    const kids = new Set([keyIdOf(account.token)]);
    for (const days of [29.5, 28.2]) {
      await age(days);
      pass(601);
      await vi.waitFor(
        async () => expect((await storedKeys(apps[0])).map(({ live }) => live)).toEqual([true, true]),
        patience,
      );
      pass(601);
      await age(1.1);
      for (const app of apps) {
        const token = await logIn(app, account);
        kids.add(keyIdOf(token));
        tokens.push(token);
        expect(await statusOnBoth(account, token)).toEqual([200, 200]);
      }
      // Tokens of the previous key will have expired at the next rotation.
      tokens.splice(0, tokens.length - 2);
    }
    isOver = true;
    await Promise.all(loads);
    expect([refused, kids.size]).toEqual([[], 3]);
    expect(await storedKeys(apps[0])).toHaveLength(2);
  });

  test('is made anew where the last one ended long ago', async () => {
    const account = await registerUser(apps[0]);
    const [old] = await storedKeys(apps[0]);
    await age(31);
    pass(601);
    const tokens = await Promise.all(
      apps.flatMap((app) => Array.from({ length: 4 }, () => logIn(app, account))),
    );
    const kids = new Set(tokens.map(keyIdOf));
    expect(kids.size).toBe(1);
    expect(kids).not.toContain(old?.id);
    for (const token of [...tokens, account.token]) {
      expect(await statusOnBoth(account, token)).toEqual([200, 200]);
    }
    expect(await storedKeys(apps[0])).toHaveLength(2);
  });

  test('that knows no end gets one, and signs until its successor is known', async () => {
    const account = await registerUser(apps[0]);
    const [old] = await storedKeys(apps[0]);
    await age(60);
    await sql`update better_auth.jwks set "expiresAt" = null`.execute(db());
    expect(keyIdOf(await logIn(apps[0], account))).toBe(old?.id);
    await vi.waitFor(
      async () => expect((await storedKeys(apps[0])).map(({ live }) => live)).toEqual([true, true]),
      patience,
    );
    const token = await logIn(apps[1], account);
    expect(keyIdOf(token)).toBe(old?.id);
    expect(await statusOnBoth(account, token)).toEqual([200, 200]);
  });

  test('is one after 40 first requests to two servers whose database came late', async () => {
    await sql`delete from better_auth.jwks`.execute(db());
    const { ctx } = apps[0];
    const servers = await Promise.all([1, 2].map(() => buildApp(createContext(ctx.config, ctx.db, ctx.log))));
    const urls = await Promise.all(servers.map((server) => server.listen({ host: '127.0.0.1', port: 0 })));
    const replies = urls.flatMap((url) => Array.from({ length: 20 }, () => fetch(`${url}/api/auth/jwks`)));
    const bodies = await Promise.all((await Promise.all(replies)).map((reply) => reply.text()));
    await Promise.all(servers.map((server) => server.close()));
    expect(new Set(bodies).size).toBe(1);
    expect(await storedKeys(apps[0])).toHaveLength(1);
  });
});
