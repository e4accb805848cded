import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { expect } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { buildApp } from '../../src/http/app.ts';
import { createContext } from '../../src/process/context.ts';
import { secret, type TestApp, withoutLimits } from './app.ts';
import { afterFile } from './clean-up.ts';
import { silentLog } from './log.ts';

export const password = 'gentle-otter-42';

export interface InjectedRequest {
  method?: 'GET' | 'POST' | 'OPTIONS' | 'TRACE';
  url: string;
  headers?: Record<string, string | string[]>;
  payload?: object | string;
}

export interface InjectedReply {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
  body: any;
}

export interface LimitedServer {
  /** Sends a request from the given IP address, and checks the response against `openapi.json`. */
  send(from: string, options: InjectedRequest): Promise<InjectedReply>;
  /** Sends the same request several times in sequence. @returns the statuses */
  repeat(times: number, from: string, options: InjectedRequest): Promise<number[]>;
  close(): Promise<void>;
}

/** Another server on the database of `app`, with these limits only; closed after the last test. */
export async function startLimitedServer(
  app: TestApp,
  env: Record<string, string>,
  log = silentLog,
): Promise<LimitedServer> {
  const config = readConfig({ BETTER_AUTH_SECRET: secret, PORT: '0', ...withoutLimits, ...env });
  const server = await buildApp(createContext(config, app.ctx.db, log));
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  afterFile.push(() => server.close());

  const send: LimitedServer['send'] = async (from, options) => {
    const { status, headers, text } = await (from.startsWith('127.') ? sendOverSocket : inject)(
      from,
      options,
    );
    const body = /json/.test(String(headers['content-type'])) ? JSON.parse(text) : undefined;
    expect(app.violation(options.method ?? 'GET', options.url, status, body)).toBeNull();
    return { status, headers, body };
  };
  async function inject(from: string, options: InjectedRequest) {
    const reply = await server.inject({ remoteAddress: from, ...options });
    return { status: reply.statusCode, headers: reply.headers, text: reply.payload };
  }
  /** Injected requests lack the socket that token checks read. Local addresses are sent over a real connection. */
  async function sendOverSocket(
    localAddress: string,
    { method = 'GET', url, headers = {} }: InjectedRequest,
  ) {
    const sent = request({
      host: '127.0.0.1',
      port,
      localAddress,
      method,
      path: url,
      headers,
    });
    sent.end();
    const [reply]: IncomingMessage[] = await once(sent, 'response');
    if (reply === undefined) throw new Error('no answer');
    return { status: reply.statusCode ?? 0, headers: reply.headers, text: await readText(reply) };
  }
  return {
    send,
    async repeat(times, from, options) {
      const statuses = [];
      for (let time = 0; time < times; time += 1) statuses.push((await send(from, options)).status);
      return statuses;
    },
    close: () => server.close(),
  };
}

/** Registers an account. @returns requests that log it in on v1 and on Better Auth's routes */
export async function createLimitedAccount(app: TestApp) {
  const email = `ada.${randomUUID()}@example.com`;
  const client = { address: '', userAgent: '' };
  await app.ctx.accounts.register(client, { email, password, first_name: 'Ada', last_name: 'Lovelace' });
  return { email, v1: v1Login(email), betterAuth: betterAuthLogin(email) };
}

export const v1Login = (email: string, word = password): InjectedRequest => ({
  method: 'POST',
  url: '/api/v1/auth/login',
  payload: { email, password: word },
});

export const betterAuthLogin = (email: string, word = password): InjectedRequest => ({
  method: 'POST',
  url: '/api/auth/sign-in/email',
  headers: { origin: 'http://localhost:3000' },
  payload: { email, password: word },
});

/** IP addresses for documentation (RFC 5737). */
export const testAddresses = (count: number, net = '198.51.100'): string[] =>
  Array.from({ length: count }, (_, index) => `${net}.${index + 1}`);
