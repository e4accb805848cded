import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { pino } from 'pino';
// Loaded before the first request: transforming it under Vitest takes longer than a request may.
import '../../src/accounts/account-operations.ts';
import '../../src/accounts/better-auth.ts';
import { ensureSigningKey } from '../../src/accounts/signing-key.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Context } from '../../src/context.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { recentLog } from './log.ts';
import { type CheckResponse, createResponseCheck } from './openapi.ts';

export const secret = 'a-secret-for-tests-of-more-than-32-characters';

export interface Reply {
  status: number;
  headers: Headers;
  /** The parsed JSON body; undefined for any other content type. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
  body: any;
  text: string;
}

export interface RequestOptions {
  token?: string;
  /** Sent as JSON; a string or bytes are sent as they are. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestApp {
  url: string;
  ctx: Context;
  database: TestDatabase;
  /** Checks every response against `openapi.json`. @throws Error if it does not conform */
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** How a response obtained in another way breaks `openapi.json`; null if it conforms. */
  violation: CheckResponse;
  /** A new user of a front end, with a shared-secret token. */
  newUser(userId?: string): Promise<TestUser>;
  close(): Promise<void>;
}

export interface TestUser {
  id: string;
  token: string;
  /** `/api/v1/users/{id}` */
  v1: string;
  /** `/api/{id}` */
  bare: string;
}

/** A shared-secret token (HS256). `claims` override the defaults; `undefined` removes a claim. */
export async function mintToken(claims: Record<string, unknown>, key = secret): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(key));
}

const closeGraceMs = 2_000;

/** Tests send thousands of requests from one address. Only tests of the rate limits turn them on. */
export const withoutLimits = { RATE_LIMIT_PER_USER: 'off', RATE_LIMIT_PER_IP: 'off', RATE_LIMIT_AUTH: 'off' };

/** No setting changes what the document says of responses; so one check serves the apps of all files of a worker. */
let checkOfAll: CheckResponse | undefined;

/**
 * Starts the real server on a free port with a database of its own.
 * @param beside an app whose database the new instance shares; DATABASE_URL, if set, is how it connects
 */
export async function startApp(
  env: Record<string, string> = {},
  beside?: Pick<TestApp, 'database'>,
): Promise<TestApp> {
  const database = beside?.database ?? (await createDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), 'duly-app-'));
  const config = readConfig({
    BETTER_AUTH_SECRET: secret,
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...withoutLimits,
    ...env,
  });
  const log = config.logLevel === 'silent' ? recentLog.child({}) : pino({ level: config.logLevel });
  const { url: way, poolMax: max } = config.database;
  const connection = way === null ? database.connection : connectionFromUrl(way);
  const db = createDb({ connection, max, log });
  const ctx = createContext(config, db, log, connection);
  await ensureSigningKey(ctx.db, ctx.config.auth.secrets);
  const app = await buildApp(ctx);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const violation: CheckResponse = (...response) => {
    checkOfAll ??= createResponseCheck(JSON.parse(JSON.stringify(app.swagger())));
    return checkOfAll(...response);
  };

  return {
    url,
    ctx,
    database,
    violation,
    async request(method, path, options = {}) {
      const reply = await send(url, method, path, options);
      const wrong = violation(method, path, reply.status, reply.body);
      if (wrong !== null) throw new Error(`${method} ${path} breaks openapi.json: ${wrong}`);
      return reply;
    },
    async newUser(userId = `user_${randomUUID()}`) {
      const encoded = encodeURIComponent(userId);
      const token = await mintToken({ sub: userId });
      return { id: userId, token, v1: `/api/v1/users/${encoded}`, bare: `/api/${encoded}` };
    },
    async close() {
      // As `serve` does: a connection that never sent a request would be waited for, for 30 s.
      const timer = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
      await app.close();
      clearTimeout(timer);
      await db.destroy();
      if (beside === undefined) await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function send(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: RequestOptions,
): Promise<Reply> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}
