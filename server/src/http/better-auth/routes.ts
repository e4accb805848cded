import type { FastifyInstance, FastifyRequest } from 'fastify';
import { signInStore, signUpLimiter } from '../../accounts/passwords.ts';
import { resignSessionTokens } from '../../accounts/secrets.ts';
import type { AuthSettings } from '../../config/auth.ts';
import type { Context } from '../../context.ts';
import { rethrowDatabaseFailure } from '../../db/failure-record.ts';
import { readOnlyForMs } from '../../db/pool.ts';
import { AppError } from '../../platform/errors.ts';
import { jsonContentType } from '../contract/errors.ts';
import { refuseInvalidJsonText } from '../contract/normalize-input.ts';
import { addressOf } from '../edge/address.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { crossSiteGuard } from '../hooks/cross-site.ts';
import { type BetterAuthCall, prepareAuditRecord } from './audit.ts';

const mount = '/api/auth';
const bodyLimitBytes = 16_384;
/** Not passed on: Better Auth gets the address that Fastify determined, as `x-client-ip`. */
const addressHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'forwarded',
  'x-client-ip',
];

/** Better Auth's own routes below `/api/auth`. Only these accept cookies. */
export async function betterAuthRoutes(app: FastifyInstance, ctx: Context): Promise<void> {
  const { config, db } = ctx;
  acceptOnlyJson(app);
  const refuseCrossSite = crossSiteGuard(config);
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    reply.header('cache-control', 'no-store');
    if (method !== 'GET' && method !== 'HEAD') refuseCrossSite(headers);
  });
  app.route({
    method: ['GET', 'POST'],
    url: `${mount}/*`,
    // Without a schema, `normalizeInput` would not check the text of the query.
    schema: { hide: true, querystring: {} },
    handler: async (request, reply) => {
      const webRequest = toWebRequest(request, config.auth, readOnlyForMs(db) !== null);
      const betterAuth = await ctx.betterAuth();
      const handle = () => betterAuth.handler(webRequest);
      const { record, response } = await rethrowDatabaseFailure(async () => ({
        record: await prepareAuditRecord(ctx, callOf(request, webRequest)),
        response: await withSignInContext(webRequest.url, handle),
      }));
      const body = Buffer.from(await response.arrayBuffer());
      await record?.(response.status, body);
      reply.status(response.status);
      for (const [name, value] of response.headers) if (!isOwnHeader(name)) reply.header(name, value);
      for (const cookie of response.headers.getSetCookie()) reply.header('set-cookie', cookie);
      if (response.headers.get('content-type') === 'application/json') reply.type(jsonContentType);
      return reply.send(body);
    },
  });
}

/** Sign-ups share a concurrency limit; a sign-in stores the password hash it checked. */
function withSignInContext<T>(url: string, handle: () => Promise<T>): Promise<T> {
  if (url.includes('/sign-up/')) return signUpLimiter(handle);
  return url.includes('/sign-in/') ? signInStore.run({ passwordHash: null }, handle) : handle();
}

function callOf(request: FastifyRequest, { url, headers }: Request): BetterAuthCall {
  const { pathname } = new URL(url);
  const body = Buffer.isBuffer(request.body) ? request.body : null;
  const path = pathname.slice(mount.length);
  return { origin: auditOriginOf(request), path, headers, body };
}

/** Better Auth parses the body. Forms are refused, because a page of any site can send one. */
function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const asBuffer = { parseAs: 'buffer', bodyLimit: bodyLimitBytes } as const;
  app.addContentTypeParser<Buffer>('application/json', asBuffer, (_request, body, done) => done(null, body));
  app.addContentTypeParser<Buffer>('*', asBuffer, (_request, body, done) => {
    if (body.length === 0) done(null, body);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'));
  });
}

/** Better Auth's CORS headers would replace ours, which expose more. */
const isOwnHeader = (name: string) => name === 'set-cookie' || name.startsWith('access-control-');

/**
 * The origin is the configured one; `Host` and the request target do not count.
 * @param isReadOnly the database is read-only: reading a session must not prolong it, which would be a write
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
  resignSessionTokens(headers, secrets);
  const { body } = request;
  if (Buffer.isBuffer(body) && body.length > 0) {
    refuseInvalidJsonText(body);
    return new Request(baseUrl + pathname + search, {
      method: request.method,
      headers,
      body: new Uint8Array(body),
    });
  }
  return new Request(baseUrl + pathname + search, { method: request.method, headers });
}
