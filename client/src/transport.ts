import { abortReason, onAbort, sleep, untilAborted } from './abort.ts';
import { clientError, DulyError, responseError } from './errors.ts';
import type { Tokens } from './tokens.ts';

export interface RetryOptions {
  /** Attempts of one call. */
  attempts: number;
  /** For one call with all its attempts and the waits between them. */
  totalMs: number;
  /** The first wait is at most this long; each further one at most twice as long. */
  firstWaitMs: number;
  maxWaitMs: number;
}

export interface Transport {
  /** The URL of the server, without a slash at the end. */
  url: string;
  fetch: typeof fetch;
  retry: RetryOptions;
  /** The time limit of one attempt. */
  timeoutMs: number;
  /** Null: requests have no token. */
  tokens: Tokens | null;
}

/** A body that can be sent again in another attempt: a stream could not. */
export type FileBody = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string;

export interface Request {
  method: string;
  /** Path and query, from the root of the server. */
  path: string;
  body?: unknown;
  /** The body, as it is. */
  file?: FileBody;
  headers?: Record<string, string>;
  /** Whether the request may be sent again although it may have been done: a read, or a write with a key. */
  isRepeatable: boolean;
  /** The noun of the item that a conflict returns as `current`. */
  noun?: string;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

export interface Answer {
  response: Response;
  /** Parsed JSON; text of other types. */
  body: unknown;
}

/** Runs with a token, and once more with another one if that is refused. */
export async function withToken<T>(
  tokens: Tokens | null,
  signal: AbortSignal | undefined,
  run: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  if (tokens === null) return run({});
  const token = await untilAborted(tokens.get(), signal);
  const runWith = (bearer: string) => run({ authorization: `Bearer ${bearer}` });
  try {
    return await runWith(token);
  } catch (error) {
    if (!(error instanceof DulyError && error.code === 'UNAUTHORIZED')) throw error;
    const renewed = await untilAborted(tokens.renew(token), signal);
    if (renewed === null) throw error;
    return runWith(renewed);
  }
}

/** Sends a request until it is answered, as often as that is safe and the limits allow. @throws DulyError */
export async function send(transport: Transport, request: Request): Promise<Answer> {
  const { retry, tokens, timeoutMs } = transport;
  const { signal } = request;
  const limitMs = request.timeoutMs ?? timeoutMs;
  const deadline = performance.now() + Math.max(retry.totalMs, limitMs);
  const left = () => deadline - performance.now();
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw abortReason(signal);
    try {
      return await withToken(tokens, signal, (headers) =>
        exchange(transport, request, headers, Math.min(limitMs, Math.max(1, left()))),
      );
    } catch (error) {
      if (attempt >= retry.attempts || !isWorthRepeating(error, request.isRepeatable)) throw error;
      const wait = waitBefore(error, attempt, retry);
      if (wait >= left()) throw error;
      await sleep(wait, signal);
    }
  }
}

/** One attempt. The time limit covers the body too. */
async function exchange(
  transport: Transport,
  request: Request,
  auth: Record<string, string>,
  timeoutMs: number,
): Promise<Answer> {
  const { noun, signal } = request;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const stop = onAbort(signal, () => controller.abort());
  let answer: Answer;
  try {
    // Not every `fetch` obeys its signal at once, or while it reads the body.
    answer = await untilAborted(fetchAnswer(transport, request, auth, controller.signal), controller.signal);
  } catch (cause) {
    if (signal?.aborted) throw abortReason(signal);
    const detail = controller.signal.aborted
      ? `No answer within ${timeoutMs} ms`
      : 'The server is not reachable';
    throw clientError('NETWORK_ERROR', detail, cause);
  } finally {
    clearTimeout(timer);
    stop();
  }
  if (!answer.response.ok || answer.body === undefined)
    throw responseError(answer.response, answer.body, noun);
  return answer;
}

async function fetchAnswer(
  { fetch, url }: Transport,
  { method, path, body, file, headers }: Request,
  auth: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const type = file === undefined ? 'application/json' : 'application/octet-stream';
  const content = file ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...auth, ...(content !== undefined && { 'content-type': type }) },
    ...(content !== undefined && { body: content }),
    signal,
  });
  return { response, body: parse(response, await response.text()) };
}

/** Undefined for what is not of this API, such as the page of a proxy. */
function parse(response: Response, text: string): unknown {
  const type = response.headers.get('content-type') ?? '';
  if (/^text\/c/.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isGatewayStatus = (status: number) => status >= 502 && status <= 504;

/** Whether another attempt may succeed, and does no harm. */
function isWorthRepeating(error: unknown, isRepeatable: boolean): error is DulyError {
  if (!(error instanceof DulyError)) return false;
  const { code, status } = error;
  // Refused before anything was done, so these are safe without a key.
  if (code === 'RATE_LIMITED' || status === 429) return true;
  if (!isRepeatable || code === 'MAIL_NOT_CONFIGURED') return false;
  return code === 'NETWORK_ERROR' || code === 'IDEMPOTENCY_IN_FLIGHT' || isGatewayStatus(status);
}

/** Whether a stream or a long poll should go on later. */
export const isTransient = (error: unknown): boolean =>
  isWorthRepeating(error, true) || (error instanceof DulyError && error.status >= 500);

/** At least what the server asks for; random, so that clients that failed together do not return together. */
export function waitBefore(
  error: unknown,
  attempt: number,
  { firstWaitMs, maxWaitMs }: RetryOptions,
): number {
  const asked = error instanceof DulyError ? error.retryAfterMs : null;
  if (asked !== null) return asked + Math.random() * Math.min(firstWaitMs, asked / 10);
  return Math.random() * Math.min(maxWaitMs, firstWaitMs * 2 ** (attempt - 1));
}
