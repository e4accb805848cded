import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { type AuthEndpoint, authEndpointOf } from '../../limits/rate-limits.ts';
import type { Limits, LoginLimit, RateLimitResult } from '../../limits/service.ts';
import { type AppError, rateLimited } from '../../platform/errors.ts';
import { jsonContentType, renderError } from '../contract/errors.ts';
import { addressOf } from '../edge/address.ts';
import { continueWith } from './continue-hook.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Which auth endpoint the URL is; null if it is none. */
    authEndpoint: AuthEndpoint | null;
    /** The limits of a log-in; they count it by its outcome. */
    loginLimit: LoginLimit | null;
    /** What the limits have counted so far, the newest first. */
    limitResults: readonly RateLimitResult[] | null;
  }
}

const isHealthRoute = (route: string | undefined) => route?.startsWith('/health') ?? false;

/**
 * Limits by address, for every URL, and by account on auth endpoints; `limitUser` has the limits by user. Register it
 * after CORS: then browsers can read a refusal, and preflights do not count.
 */
export function limitRequests(app: FastifyInstance, { limits }: Context): void {
  app.decorateRequest('authEndpoint', null);
  app.decorateRequest('loginLimit', null);
  app.decorateRequest('limitResults', null);
  app.addHook('onReady', () => limits.open());
  app.addHook('onClose', async () => limits.close());
  app.addHook('onRequest', (request, _reply, done) => {
    const { url } = request.routeOptions;
    if (isHealthRoute(url)) {
      done();
      return;
    }
    request.authEndpoint = authEndpointOf(url, request.url, request.method);
    const results = limits.byAddress(addressOf(request) ?? '', request.authEndpoint !== null);
    continueWith(results, (addressResults) => enforceLimits(request, limits, addressResults), done);
  });
  // In `preHandler`, because the account is in the validated body.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.authEndpoint === null) done();
    else limitAccount(request, limits).then(() => done(), done);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const { loginLimit } = request;
    const toSend = loginLimit === null ? payload : finishLogin(request, reply, limits, loginLimit, payload);
    setLimitHeaders(reply, request.limitResults ?? []);
    done(null, toSend);
  });
}

/** Counts a request with a valid token. @throws AppError RATE_LIMITED, or rejects with it */
export function limitUser(
  request: FastifyRequest,
  { limits }: Context,
  userId: string,
): void | Promise<void> {
  const results = limits.byUser(userId);
  if (results instanceof Promise) return results.then((all) => enforceLimits(request, limits, all));
  enforceLimits(request, limits, results);
}

async function limitAccount(request: FastifyRequest, limits: Limits): Promise<void> {
  // With a token, the account is the token's user: the address in the body may be any.
  const account = request.caller?.userId ?? emailIn(request.body);
  if (account === null) return;
  if (request.authEndpoint === 'login') {
    const loginLimit = await limits.byLogin(account, addressOf(request) ?? '');
    if (loginLimit.refused !== null) enforceLimits(request, limits, [loginLimit.refused]);
    request.loginLimit = loginLimit;
  } else {
    enforceLimits(request, limits, await limits.byAccount(account));
  }
}

/** The `email` of a body, if it has one. Bodies for Better Auth are not parsed yet. */
function emailIn(body: unknown): string | null {
  const value = Buffer.isBuffer(body) ? parseJson(new TextDecoder().decode(body)) : body;
  if (typeof value !== 'object' || value === null || !('email' in value)) return null;
  return typeof value.email === 'string' ? value.email : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Counts the outcome of a log-in by v1 or Better Auth. May replace a 401 by a 429. @returns the payload to send */
function finishLogin(
  request: FastifyRequest,
  reply: FastifyReply,
  limits: Limits,
  loginLimit: LoginLimit,
  payload: unknown,
): unknown {
  const text = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload : '';
  const needsSecondFactor = text.includes('twoFactorRedirect') || text.includes('TOTP_REQUIRED');
  if (reply.statusCode === 200 && !needsSecondFactor) loginLimit.succeed().catch(() => undefined);
  if (reply.statusCode !== 401 || needsSecondFactor || loginLimit.softRefused === null) return payload;
  const error = rateLimitError(limits, [loginLimit.softRefused]);
  const { status, body } = renderError(error, request.id);
  addResults(request, [loginLimit.softRefused]);
  reply.removeHeader('www-authenticate').removeHeader('content-length');
  reply.status(status).headers(error.headers).type(jsonContentType);
  return JSON.stringify(body);
}

/** @throws AppError RATE_LIMITED if a limit refuses the request */
function enforceLimits(request: FastifyRequest, limits: Limits, results: readonly RateLimitResult[]): void {
  addResults(request, results);
  if (results.every(({ allowed }) => allowed)) return;
  throw rateLimitError(
    limits,
    results.filter(({ allowed }) => !allowed),
  );
}

function addResults(request: FastifyRequest, results: readonly RateLimitResult[]): void {
  const { limitResults } = request;
  request.limitResults = limitResults === null ? results : [...results, ...limitResults];
}

function rateLimitError(limits: Limits, refused: readonly RateLimitResult[]): AppError {
  limits.countRefusals(refused);
  return rateLimited(Math.max(...refused.map(retryAfterSeconds)));
}

const retryAfterSeconds = ({ resetMs }: RateLimitResult): number => Math.max(1, Math.ceil(resetMs / 1000));

/** Sets the fields of draft-ietf-httpapi-ratelimit-headers. */
function setLimitHeaders(reply: FastifyReply, results: readonly RateLimitResult[]): void {
  if (results.length === 0) return;
  let policy = '';
  let state = '';
  for (const result of results) {
    const { name, quota, used } = result;
    const comma = policy === '' ? '' : ', ';
    policy += `${comma}"${name}";q=${quota.requests};w=${quota.seconds}`;
    state += `${comma}"${name}";r=${Math.max(0, quota.requests - used)};t=${retryAfterSeconds(result)}`;
  }
  reply.header('ratelimit-policy', policy).header('ratelimit', state);
}
