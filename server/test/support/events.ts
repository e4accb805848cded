import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { constants, createGunzip } from 'node:zlib';
import { afterTest } from './clean-up.ts';
import { patience } from './patience.ts';

export interface StreamEvent {
  event: string;
  /** The event id without its epoch; in the first epoch the service accepts that. */
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
  data: any;
}

export interface TestEventStream {
  status: number;
  response: IncomingMessage;
  /** All events received so far. */
  events: StreamEvent[];
  /** Lines that belong to no event, such as comments. */
  otherLines: string[];
  /** Resolves to the first `count` events that match. */
  take(count: number, fits?: (event: StreamEvent) => boolean): Promise<StreamEvent[]>;
  /** Resolves when either side closes the stream. */
  ended: Promise<void>;
  isEnded(): boolean;
  /** The body of a response that is no stream. */
  text(): Promise<string>;
  close(): void;
}

/** Opens an event stream with a client of its own: id and data of each event are parsed. */
export async function openEventStream(
  url: string,
  path: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<TestEventStream> {
  const sent = httpRequest(url + path, {
    agent: false,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  sent.end();
  const response = await responseOf(sent);
  const close = () => sent.destroy();
  afterTest.push(close);
  const events: StreamEvent[] = [];
  const others: string[] = [];
  const watchers = new Set<() => void>();
  let [rest, isEnded] = ['', false];
  const isCoded = response.headers['content-encoding'] === 'gzip';
  const decoded = isCoded ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })) : response;
  decoded.setEncoding('utf8').on('data', (part: string) => {
    rest += part;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      parse(rest.slice(0, end), events, others);
      rest = rest.slice(end + 2);
    }
    for (const watch of watchers) watch();
  });
  const ended = new Promise<void>((resolve) => {
    response
      .on('error', () => undefined)
      .on('close', () => {
        isEnded = true;
        for (const watch of watchers) watch();
        resolve();
      });
  });
  return {
    status: response.statusCode ?? 0,
    response,
    events,
    otherLines: others,
    ended,
    isEnded: () => isEnded,
    close,
    async text() {
      await ended;
      return rest;
    },
    take: (count, fits = () => true) =>
      new Promise((resolve, reject) => {
        const finish = (done: () => void) => {
          watchers.delete(watch);
          clearTimeout(timer);
          done();
        };
        const watch = () => {
          const found = events.filter(fits);
          if (found.length >= count) finish(() => resolve(found.slice(0, count)));
          else if (isEnded) finish(() => reject(new Error(`over after ${found.length} of ${count} events`)));
        };
        const late = () => reject(new Error(`only ${events.filter(fits).length} of ${count} events came`));
        const timer = setTimeout(() => finish(late), patience.timeout);
        watchers.add(watch);
        watch();
      }),
  };
}

function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
}

function parse(block: string, events: StreamEvent[], others: string[]): void {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
    if (['event', 'id', 'data'].includes(name)) fields.set(name, value);
    else others.push(line);
  }
  const event = fields.get('event');
  if (event === undefined) return;
  const id = fields.get('id');
  const parsed = { event, id: id?.replace(/@[0-9a-f]{12}/, ''), data: JSON.parse(fields.get('data') ?? '') };
  events.push(parsed);
  sentIds.set(parsed, id);
}

const sentIds = new WeakMap<StreamEvent, string | undefined>();

/** The event id as it was sent, with its epoch. */
export const sentIdOf = (event: StreamEvent | undefined): string =>
  (event === undefined ? undefined : sentIds.get(event)) ?? '';
