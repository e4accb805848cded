import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';

export const host = 'Host: a\r\n';
export const json = `${host}Content-Type: application/json\r\n`;
export const chunked = `${json}Transfer-Encoding: chunked\r\n`;

export interface RawResponse {
  status: number;
  /** Names in lower case; of repeated headers the last one. */
  headers: Record<string, string>;
  text: string;
}

export interface RawExchange {
  answers: RawResponse[];
  /** Received bytes that are no complete response. */
  rest: string;
}

/** A socket to the server's port. Errors only close it. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => {});
}

/** Sends these bytes (latin1), and reads until the server closes the connection. */
export async function sendRaw(url: string, text: string): Promise<RawExchange> {
  const socket = openSocket(url);
  let received = '';
  socket.setEncoding('latin1').on('data', (part) => {
    received += part;
  });
  socket.write(text, 'latin1');
  // `once` of node:events would reject on a reset.
  await new Promise((resolve) => socket.once('close', resolve));
  return parseResponses(received);
}

export function parseResponses(received: string): RawExchange {
  const answers: RawResponse[] = [];
  let rest = received;
  for (;;) {
    const [, status, head = ''] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest) ?? [];
    if (status === undefined) return { answers, rest };
    const lines = head.split('\r\n').filter((line) => line !== '');
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(':')[0]?.toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    const start = rest.indexOf('\r\n\r\n') + 4;
    const end = start + Number(headers['content-length'] ?? 0);
    answers.push({ status: Number(status), headers, text: rest.slice(start, end) });
    rest = rest.slice(end);
  }
}

const headersOfAll = {
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache',
  connection: 'close',
};

/** Checks an error's body and headers, and that it closes the connection. */
export function expectRefusal(answer: RawResponse | undefined, status: number, code: string, own = {}): void {
  expect(answer?.headers).toMatchObject({ ...headersOfAll, ...own });
  expect(answer?.headers).not.toHaveProperty('server');
  expect(JSON.parse(answer?.text ?? '')).toEqual({
    detail: expect.any(String),
    error_code: code,
    status_code: status,
    timestamp: expect.any(String),
    request_id: answer?.headers['x-request-id'],
  });
  expect(answer?.status).toBe(status);
}
