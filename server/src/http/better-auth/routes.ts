import type { FastifyInstance, FastifyRequest } from 'fastify';
import { inSignUpTurn, signIn } from '../../accounts/passwords.ts';
import { renewSignatures } from '../../accounts/secrets.ts';
import type { AuthSettings } from '../../config/auth.ts';
import type { Context } from '../../context.ts';
import { orDatabaseFailure } from '../../db/failure-record.ts';
import { readOnlyForMs } from '../../db/pool.ts';
import { AppError } from '../../platform/errors.ts';
import { jsonType } from '../contract/errors.ts';
import { refuseBrokenJson } from '../contract/input.ts';
import { addressOf } from '../edge/address.ts';
import { originOf } from '../hooks/authentication.ts';
import { crossSiteGuard } from '../hooks/cross-site.ts';
import { type Call, prepareRecord } from './audit.ts';

const mount = '/api/auth';
const bodyLimitBytes = 16_384;
/** What a proxy or a caller says of the address; Better Auth is told the one that Fastify found. */
const addressHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'forwarded',
  'x-client-ip',
];

/** Better Auth itself, below `/api/auth`: the one place where cookies count. */
export async function betterAuthRoutes(app: FastifyInstance, ctx: Context): Promise<void> {
  const { betterAuth, config, db } = ctx;
  takeOnlyJson(app);
  const refuseCrossSite = crossSiteGuard(config);
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    reply.header('cache-control', 'no-store');
    if (method !== 'GET' && method !== 'HEAD') refuseCrossSite(headers);
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/*',
    // Any query, so that the rules for text apply to it.
    schema: { hide: true, querystring: {} },
    handler: async (request, reply) => {
      const webRequest = toWebRequest(request, config.auth, readOnlyForMs(db) !== null);
      const handle = () => betterAuth.handler(webRequest);
      const { record, response } = await orDatabaseFailure(async () => ({
        record: await prepareRecord(ctx, callOf(request, webRequest)),
        response: await handled(webRequest.url, handle),
      }));
      const answer = Buffer.from(await response.arrayBuffer());
      await record?.(response.status, answer);
      reply.status(response.status);
      for (const [name, value] of response.headers) if (!setHere(name)) reply.header(name, value);
      for (const cookie of response.headers.getSetCookie()) reply.header('set-cookie', cookie);
      if (response.headers.get('content-type') === 'application/json') reply.type(jsonType);
      return reply.send(answer);
    },
  });
}

/** Signing up and in have surroundings of their own. */
function handled<T>(url: string, handle: () => Promise<T>): Promise<T> {
  if (url.includes('/sign-up/')) return inSignUpTurn(handle);
  return url.includes('/sign-in/') ? signIn.run({ passwordHash: null }, handle) : handle();
}

function callOf(request: FastifyRequest, { url, headers }: Request): Call {
  const { pathname } = new URL(url);
  const body = Buffer.isBuffer(request.body) ? request.body : null;
  const path = pathname.slice(mount.length);
  return { origin: originOf(request), path, headers, body };
}

/** Better Auth parses it itself; a form, which a page of any site can send, is not let through to it. */
function takeOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const asBuffer = { parseAs: 'buffer', bodyLimit: bodyLimitBytes } as const;
  app.addContentTypeParser<Buffer>('application/json', asBuffer, (_request, body, done) => done(null, body));
  app.addContentTypeParser<Buffer>('*', asBuffer, (_request, body, done) => {
    if (body.length === 0) done(null, body);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'));
  });
}

/** Its CORS headers would replace ours, which name more. */
const setHere = (name: string) => name === 'set-cookie' || name.startsWith('access-control-');

/**
 * The origin is the configured one, whatever Host or request target say.
 * @param isReadOnly whether the database is: then a read does not prolong its session, which would be a write
 */
function toWebRequest(
  request: FastifyRequest,
  { baseUrl, secrets }: AuthSettings,
  isReadOnly: boolean,
): Request {
  const url = new URL(request.url, baseUrl);
  if (isReadOnly && request.method === 'GET') url.searchParams.set('disableRefresh', 'true');
  const { pathname, search } = url;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !addressHeaders.includes(name)) headers.set(name, [value].flat().join(', '));
  }
  headers.set('x-client-ip', addressOf(request) ?? '');
  renewSignatures(headers, secrets);
  const { body } = request;
  if (Buffer.isBuffer(body) && body.length > 0) {
    refuseBrokenJson(body);
    return new Request(baseUrl + pathname + search, {
      method: request.method,
      headers,
      body: new Uint8Array(body),
    });
  }
  return new Request(baseUrl + pathname + search, { method: request.method, headers });
}
