import { abortReason, onAbort, sleep, untilAborted } from './abort.ts';
import { queryOf } from './call.ts';
import { clientError, DulyError, responseError } from './errors.ts';
import { createEventParser, type StreamMessage } from './event-parser.ts';
import { isTransient, type Transport, waitBefore, withToken } from './transport.ts';
import type { Change } from './types.ts';

export interface EventsOptions {
  /** A cursor of the feed; absent or null: the stream begins now. */
  since?: string | null;
  signal?: AbortSignal;
}

export type FeedEvent =
  /**
   * The stream is connected, for the first time or again. With `isReset` the position is lost, because it is too old
   * or from before a restore: forget what you have, and read `changes()` from the start. The stream misses nothing of
   * what happens meanwhile.
   */
  | { type: 'ready'; cursor: string; isReset: boolean }
  /** `cursor` is null between the changes of one write; store it only when it is there. */
  | { type: 'change'; change: Change; cursor: string | null };

/** The server sends something every 15 s. */
const silenceMs = 45_000;

/** Follows the feed over as many connections as it takes. @throws DulyError if the server refuses it for good */
export async function* streamEvents(
  transport: Transport,
  userPath: string,
  { since = null, signal }: EventsOptions = {},
): AsyncGenerator<FeedEvent, void, undefined> {
  let position: Position = { since, lastEventId: null };
  let isReset = false;
  let firstWaitMs = transport.retry.firstWaitMs;
  for (let failures = 0; !signal?.aborted; ) {
    let failure: unknown = null;
    try {
      const messages = readMessages(transport, `${userPath}/events`, position, signal, (ms) => {
        firstWaitMs = ms;
      });
      for await (const message of messages) {
        if (signal?.aborted) return;
        failures = 0;
        position = { ...position, lastEventId: message.id };
        const event = readEvent(message, isReset);
        if (event === null) continue;
        isReset = false;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      failure = error;
      const isExpired = error instanceof DulyError && error.code === 'CURSOR_EXPIRED';
      if (!isExpired && !isTransient(error)) throw error;
      if (isExpired) {
        position = { since: null, lastEventId: null };
        isReset = true;
        // The stream without a position is never refused as expired, so the first attempt need not wait.
        if (failures === 0) continue;
      }
    }
    failures += 1;
    const wait = waitBefore(failure, failures, { ...transport.retry, firstWaitMs });
    await sleep(wait, signal).catch(() => undefined);
  }
}

interface Position {
  since: string | null;
  lastEventId: string | null;
}

function readEvent({ event, data }: StreamMessage, isReset: boolean): FeedEvent | null {
  if (event !== 'ready' && event !== 'change') return null;
  const { next_cursor: cursor, ...change }: { next_cursor?: string } = JSON.parse(data);
  return event === 'ready'
    ? { type: 'ready', cursor: cursor ?? '', isReset }
    : { type: 'change', change: change as Change, cursor: cursor ?? null };
}

/** The events of one connection. */
async function* readMessages(
  transport: Transport,
  path: string,
  { since, lastEventId }: Position,
  signal: AbortSignal | undefined,
  onRetry: (ms: number) => void,
): AsyncGenerator<StreamMessage, void, undefined> {
  const controller = new AbortController();
  const stop = onAbort(signal, () => controller.abort());
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expectWithin = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), ms);
  };
  try {
    expectWithin(transport.timeoutMs);
    const url = transport.url + path + queryOf({ since: lastEventId === null ? since : null });
    const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
    reader = await withToken(transport.tokens, signal, (auth) =>
      open(transport, url, { ...headers, ...auth }, controller.signal),
    );
    const decoder = new TextDecoder();
    const parser = createEventParser();
    for (;;) {
      expectWithin(silenceMs);
      const { done, value } = await untilAborted(reader.read(), controller.signal);
      if (done) return;
      const messages = parser.push(decoder.decode(value, { stream: true }));
      const retryMs = parser.retryMs();
      if (retryMs !== null) onRetry(retryMs);
      // A slow consumer is not a silent server.
      clearTimeout(timer);
      yield* messages;
    }
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal);
    throw error instanceof DulyError ? error : clientError('NETWORK_ERROR', 'The stream was lost', error);
  } finally {
    clearTimeout(timer);
    stop();
    // Closes the connection also when the caller has left the loop. Node may have forgotten the signal by then.
    controller.abort();
    reader?.cancel().catch(() => undefined);
  }
}

async function open(
  { fetch }: Transport,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await fetch(url, { headers, signal });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (response.ok && isStream && response.body !== null) return response.body.getReader();
  const body: unknown = await response.json().catch(() => null);
  throw responseError(response, body);
}
