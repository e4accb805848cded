import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import type { TestApp } from './app.ts';

export interface StoredKey {
  id: string;
  privateKey: string;
  /** Whether it still signs new tokens. */
  live: boolean;
}

/** This server's signing keys, oldest first. */
export async function storedKeys({ ctx }: TestApp): Promise<StoredKey[]> {
  const { rows } = await sql<StoredKey>`
    select id, "privateKey", "expiresAt" > now() as live from better_auth.jwks order by "createdAt"`.execute(
    ctx.db,
  );
  return rows;
}

/** Id of the key that signed the token. */
export const keyIdOf = (token: string) => decodeProtectedHeader(token).kid;

export const password = 'gentle-otter-42';

export interface SigningAccount {
  id: string;
  email: string;
  token: string;
}

export async function registerUser(app: TestApp): Promise<SigningAccount> {
  const email = `${randomUUID()}@example.com`;
  const body = { email, password, first_name: 'Grace', last_name: '' };
  const { body: account } = await app.request('POST', '/api/v1/auth/register', { body });
  return { id: account.user.id, email, token: account.access_token };
}

export async function logIn(app: TestApp, { email }: SigningAccount): Promise<string> {
  const { status, body } = await app.request('POST', '/api/v1/auth/login', { body: { email, password } });
  if (status !== 200) throw new Error(`no login: ${status}`);
  return body.access_token;
}

/** Status of a request with this token. */
export const statusOf = async (app: TestApp, { id }: { id: string }, token: string) =>
  (await app.request('GET', `/api/${id}/tasks`, { token })).status;
