import type { IncomingHttpHeaders } from 'node:http';
import { hasChanges, waitForChanges } from '../../feed/long-poll.ts';
import { ChangeListQuery, EventsHeaders, EventsQuery } from '../../feed/model.ts';
import {
  decodeFeedCursor,
  type FeedPosition,
  feedCursorScope,
  positionOfEvent,
} from '../../feed/position.ts';
import { readChanges } from '../../feed/queries.ts';
import { validationError } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { contentEncodingHeader } from '../contract/schemas.ts';
import { stopCounting } from '../edge/admission.ts';
import { authorizationOf } from '../hooks/authentication.ts';
import { compress } from '../hooks/content-coding.ts';
import { abortSignalOf } from '../hooks/handler-timeout.ts';

const group = 'Sync';

export const listChanges = operation({
  id: 'listChanges',
  summary: 'Follow the changes of tasks, tags and profile',
  description:
    'Each thing once, at its newest revision, as it is now, the oldest change first. A client that starts without ' +
    '`since` and goes on with every `next_cursor` ends with exactly what the server has, whatever is written meanwhile.',
  group,
  input: { params: UserPath, querystring: ChangeListQuery },
  success: {
    message: 'Changes retrieved successfully',
    data: Type.Array(Type.Ref('Change')),
    description: 'Changes, the oldest first.',
    headers: contentEncodingHeader,
    more: {
      next_cursor: Type.String({ description: 'Where to go on: with `has_more` at once, else later.' }),
      has_more: Type.Boolean({
        description: 'Whether more is there already; `data` may be empty all the same.',
      }),
    },
  },
  errors: [410, 422],
  options: { onSend: compress },
  async handle({ ctx, db, request }) {
    const userId = request.params.user_id;
    const { wait, ...page } = request.query;
    const read = () => readChanges(db, ctx.config.auth.secrets, userId, page);
    let found = await read();
    if (wait > 0 && !hasChanges(found)) {
      const authorization = authorizationOf(request);
      stopCounting(request.raw);
      const waiting = { userId, authorization, timeoutMs: wait * 1000, signal: abortSignalOf(request) };
      found = await waitForChanges(ctx.subscriptions, ctx.changeNotifier, waiting, read);
    }
    const { changes, next, hasMore } = found;
    return { data: changes, more: { next_cursor: next, has_more: hasMore } };
  },
});

const eventsExample =
  'retry: 2000\nevent: ready\nid: 6\ndata: {"next_cursor":"WzZd"}\n\n' +
  'event: change\nid: 7\ndata: {"revision":7,"type":"tag","id":"home","op":"delete","next_cursor":"Wzdd"}\n\n';

/**
 * The connection ends with the stream. Proxies must not buffer events: `no-transform` stops compression, which waits
 * for a full block; nginx and others read `X-Accel-Buffering`.
 */
const streamHeaders = {
  connection: 'close',
  'cache-control': 'private, no-cache, no-transform',
  'x-accel-buffering': 'no',
};

export const streamEvents = operation({
  id: 'streamEvents',
  summary: 'Hear of changes as they happen',
  description:
    'Server-sent events: first `ready`, then a `change` for each that the feed has. The `data` of each is one line of JSON ' +
    'text: of `change` a Change, of `ready` an object with `next_cursor`. ' +
    'The last change of a revision has the revision as its `id`, and a `next_cursor` of the feed; those before it have an ' +
    '`id` in the middle of it.',
  group,
  input: { params: UserPath, querystring: EventsQuery, headers: EventsHeaders },
  response: {
    200: {
      description: 'Events, until the client or the token goes.',
      content: { 'text/event-stream': { schema: { type: 'string' }, example: eventsExample } },
    },
  },
  errors: [410, 422],
  // A stream ends with its token, or when the client stops reading.
  options: { config: { handlerTimeoutMs: Number.POSITIVE_INFINITY } },
  async handle({ ctx, request, reply }) {
    const { params, query, headers, method } = request;
    const userId = params.user_id;
    const cursor = query.since;
    const { secrets } = ctx.config.auth;
    const since = () =>
      cursor === undefined ? null : decodeFeedCursor(cursor, feedCursorScope(secrets, userId));
    const position = lastEventPosition(headers, query.lastEventId) ?? since();
    reply.type('text/event-stream').headers(streamHeaders);
    if (isProxied(headers)) reply.header('content-encoding', 'identity');
    if (method === 'HEAD') return reply.send(undefined);
    const stream = await ctx.eventStreams.open({
      userId,
      authorization: authorizationOf(request),
      position,
      isDrained: () => reply.raw.writableLength === 0,
    });
    stopCounting(request.raw);
    return reply.send(stream);
  },
});

/**
 * Whether a proxy forwarded the request. Caddy 2.6 (Debian) ignores `no-transform` and delays events unless the
 * response has a content coding. RFC 9110 §8.4.1 advises against `identity`, so direct clients do not get it.
 */
const isProxied = (headers: IncomingHttpHeaders): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined || headers.via !== undefined;

/**
 * The position of `Last-Event-ID`, or else of the query. Some clients send an empty header, which counts as absent.
 * @throws AppError VALIDATION_ERROR for an id that no event has
 */
function lastEventPosition(headers: IncomingHttpHeaders, parameter: string | undefined): FeedPosition | null {
  const header = headers['last-event-id'];
  const isInHeader = header !== undefined && header !== '';
  const id = isInHeader ? header : parameter;
  if (id === undefined || id === '') return null;
  const position = typeof id === 'string' ? positionOfEvent(id) : null;
  if (position !== null) return position;
  const loc = isInHeader ? ['header', 'last-event-id'] : ['query', 'lastEventId'];
  throw validationError([{ loc, msg: 'must be the id of an event', type: 'format' }]);
}
