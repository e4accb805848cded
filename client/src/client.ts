import { call, type Operation, type Options, readRow, type Sent } from './call.ts';
import { type ChangesOptions, type ChangesPage, readChanges } from './changes.ts';
import { type EventsOptions, type FeedEvent, streamEvents } from './events.ts';
import { operations } from './generated/operations.ts';
import { defaults, methods } from './methods.ts';
import { type ListPage, readItems, readPages } from './pages.ts';
import { createTokens, type TokenSource } from './tokens.ts';
import { type FileBody, type RetryOptions, send, type Transport } from './transport.ts';
import type { Methods, OperationId } from './types.ts';

export interface ClientOptions {
  /** The URL of the server, such as `https://duly.example.com`. */
  url: string;
  /** Without a token, only the methods that need none work. */
  token?: TokenSource;
  /** By default `me`: the user of the token. */
  userId?: string;
  /** By default the one of the platform. */
  fetch?: typeof fetch;
  /** The time limit of one attempt; 30 s by default. */
  timeoutMs?: number;
  retry?: Partial<RetryOptions>;
}

export interface Duly extends Methods {
  /** The change feed: pages from `since` on, or of everything there is. */
  changes(options?: ChangesOptions): AsyncGenerator<ChangesPage, void, undefined>;
  /** Changes as they happen. Ends when its signal is aborted. */
  events(options?: EventsOptions): AsyncGenerator<FeedEvent, void, undefined>;
}

const defaultRetry: RetryOptions = { attempts: 6, totalMs: 60_000, firstWaitMs: 300, maxWaitMs: 10_000 };

export function createDuly(options: ClientOptions): Duly {
  const { token, userId = 'me', timeoutMs = 30_000 } = options;
  const transport: Transport = {
    url: options.url.replace(/\/+$/, ''),
    // Called as a function of its own: browsers refuse `fetch` as a method of another object.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    timeoutMs,
    retry: { ...defaultRetry, ...options.retry },
    tokens: null,
  };
  if (token !== undefined)
    transport.tokens = createTokens(token, {
      url: transport.url,
      // A log-in or a new token, sent twice, only makes another one.
      send: async (request) => {
        const { response, body } = await send(
          { ...transport, tokens: null },
          { ...request, isRepeatable: true },
        );
        return { body, headers: response.headers };
      },
    });
  const userPath = `/api/v1/users/${encodeURIComponent(userId)}`;
  // The types of the methods are derived from the same table that makes them.
  return {
    ...createGroups(transport, userPath),
    changes: (from?: ChangesOptions) => readChanges(transport, userPath, from),
    events: (from?: EventsOptions) => streamEvents(transport, userPath, from),
  } as unknown as Duly;
}

function createGroups(transport: Transport, userPath: string) {
  return mapValues(methods, (group, groupName) => {
    // `tasks` has conflicts about a task.
    const noun = groupName.slice(0, -1);
    const made = mapValues(group, (id) => createMethod(transport, userPath, id, noun));
    const { list } = made;
    return list === undefined ? made : { ...made, pages: list.pages, all: list.all };
  });
}

function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));
}

type Arguments = readonly unknown[];

function createMethod(transport: Transport, userPath: string, id: OperationId, noun: string) {
  const operation = readRow(operations[id], userPath);
  const base: object = id in defaults ? defaults.completeTask : {};
  const run = ({ input, ...sent }: Omit<Sent, 'input'> & { input: object | undefined }, options?: Options) =>
    call(transport, operation, { ...sent, input: { ...base, ...input } }, options, noun);
  const paged =
    (read: typeof readPages | typeof readItems) =>
    (...args: Arguments) => {
      const { ids, input, options } = readArguments(operation, args);
      const list = ((query, more) => run({ ids, input: query }, more)) as ListPage;
      return read(list, input, options);
    };
  const method = (...args: Arguments) => {
    const { options, ...sent } = readArguments(operation, args);
    return run(sent, options);
  };
  return Object.assign(method, { pages: paged(readPages), all: paged(readItems) });
}

/** Ids in the order of the path, then the file and the input if the operation has them, then the options. */
function readArguments({ parameterCount, takesFile, hasInput }: Operation, args: Arguments) {
  const rest = args.slice(parameterCount);
  const file = takesFile ? rest.shift() : undefined;
  const [input, options] = hasInput ? rest : [undefined, rest[0]];
  return {
    ids: args.slice(0, parameterCount).map(String),
    file: file as FileBody | undefined,
    input: input as object | undefined,
    options: options as Options | undefined,
  };
}
