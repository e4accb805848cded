import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { mintToken, type TestApp } from './app.ts';

export const password = 'gentle-otter-42';
export const newPassword = 'quiet-heron-77';
export const origin = 'http://localhost:3000';

/** Registers an account. @returns its credentials, and requests in its name */
export async function registerAccount(app: TestApp) {
  const email = `ada.${randomUUID()}@example.com`;
  const person = { email, password, first_name: 'Ada', last_name: 'Lovelace' };
  const { body } = await app.request('POST', '/api/v1/auth/register', { body: person });
  if (body.user === undefined) throw new Error(`not registered: ${JSON.stringify(body)}`);
  const id = String(body.user.id);
  const path = `/api/v1/users/${id}`;
  const login = (word: string, more: object = {}) =>
    app.request('POST', '/api/v1/auth/login', { body: { email, password: word, ...more } });
  return {
    id,
    email,
    path,
    token: String(body.access_token),
    login,
    /** A token of a new session. */
    async newToken(): Promise<string> {
      return String((await login(password)).body.access_token);
    },
    /** A shared-secret token of a front end, issued 5 s ago. */
    sharedSecretToken: () => mintToken({ sub: id, iat: Math.floor(Date.now() / 1000) - 5 }),
    send: (token: string, method: string, below: string, sent?: unknown) =>
      app.request(method, path + below, { token, ...(sent !== undefined && { body: sent }) }),
    statusOf: async (token: string, on: TestApp = app) =>
      (await on.request('GET', `${path}/tasks`, { token })).status,
    /** This account's audit log as `action outcome`, oldest first. Counted reads are still in memory. */
    async auditedActions(): Promise<string[]> {
      const { rows } = await sql<{ entry: string }>`
        select action || ' ' || outcome as entry from duly.audit where user_id = ${id} order by seq`.execute(
        app.ctx.db,
      );
      return rows.map(({ entry }) => entry);
    },
  };
}

/** Makes an account that of an admin, whose next token says so. */
export const makeAdmin = (app: TestApp, email: string): Promise<unknown> =>
  sql`update better_auth."user" set role = 'admin' where email = ${email}`.execute(app.ctx.db);

export type RegisteredAccount = Awaited<ReturnType<typeof registerAccount>>;

export const sessionIdOf = (token: string): string => String(decodeJwt(token).sid);

/** A browser on Better Auth's routes: it sends an Origin and keeps cookies. */
export function createBrowser(app: TestApp) {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async send(method: string, path: string, body?: unknown) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const headers = { origin, ...(cookie !== '' && { cookie }) };
      const reply = await app.request(method, `/api/auth${path}`, {
        headers,
        ...(body !== undefined && { body }),
      });
      for (const line of reply.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/max-age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return reply;
    },
  };
}
