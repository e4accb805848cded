import { afterAll, beforeAll } from 'vitest';
import { startApp, type TestApp } from '../../../server/test/support/app.ts';
import { responseStatus } from '../../../server/test/support/process.ts';
import { type ClientOptions, createDuly } from '../../src/index.ts';

/** A server for the tests of a file. */
export function useApp(env: Record<string, string> = {}): () => TestApp {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(env);
  });
  afterAll(async () => {
    // A server that closes waits 30 s for connections without a request, and Node's `fetch` may have opened some.
    await Promise.all(Array.from({ length: 20 }, () => responseStatus(`${app.url}/health/live`)));
    await app.close();
  });
  return () => app;
}

/** A client of a new user, and the requests that it sends. */
export async function newDuly(app: TestApp, options: Partial<ClientOptions> = {}) {
  const { token } = await app.newUser();
  const recorder = record(options.fetch ?? fetch);
  const duly = createDuly({ url: app.url, token, ...options, fetch: recorder.fetch });
  return { duly, token, requests: recorder.requests };
}

export interface SentRequest {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

export function record(send: typeof fetch): { fetch: typeof fetch; requests: SentRequest[] } {
  const requests: SentRequest[] = [];
  return {
    requests,
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      const headers = new Headers(init?.headers);
      // Files are sent as they are.
      const isJson = headers.get('content-type') === 'application/json';
      const body = isJson ? JSON.parse(String(init?.body)) : undefined;
      requests.push({ method: init?.method ?? 'GET', path: pathname + search, headers, body });
      return send(input, init);
    },
  };
}

/** What a promise rejects with. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
