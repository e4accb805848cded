import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { Attempt, Limits, Verdict } from '../../limits/service.ts';
import { type Way, wayIn } from '../../limits/table.ts';
import { type AppError, rateLimited } from '../../platform/errors.ts';
import { jsonType } from '../contract/errors.ts';
import { addressOf } from '../edge/address.ts';
import { renderError } from '../v1/render.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The kind of way in that the request asks for, if any. */
    wayIn: Way | null;
    /** What the limits say to a log-in. */
    attempt: Attempt | null;
  }
}

const isHealth = (route: string | undefined) => route?.startsWith('/health') ?? false;

/**
 * Limits by address, for every route and for none, and by account on the ways in; limits by user are `limitUser`. To be
 * called after CORS, so that browsers may read a refusal; preflights, which ask nothing of the service, end there.
 */
export function limitRequests(app: FastifyInstance, { limits }: Context): void {
  app.decorateRequest('wayIn', null);
  app.decorateRequest('attempt', null);
  app.addHook('onReady', () => limits.open());
  app.addHook('onClose', async () => limits.close());
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    if (isHealth(url)) {
      done();
      return;
    }
    request.wayIn = wayIn(url, request.url);
    const verdicts =
      counted.get(request.raw)?.byAddress ??
      limits.byAddress(addressOf(request) ?? '', request.wayIn !== null);
    if (verdicts instanceof Promise)
      verdicts.then((all) => obey(reply, limits, all)).then(() => done(), done);
    else {
      obey(reply, limits, verdicts);
      done();
    }
  });
  // Its body is there, read and checked.
  app.addHook('preHandler', (request, reply, done) => {
    if (request.wayIn === null) done();
    else limitAccount(request, reply, limits).then(() => done(), done);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const { attempt } = request;
    done(null, attempt === null ? payload : settle(request, reply, limits, attempt, payload));
  });
}

/** Requests that were counted before they came to the routes, and what was said to them. */
export const counted = new WeakMap<IncomingMessage, { byAddress: Verdict[]; byUser: Verdict[] }>();

/** To be called once the token was checked. */
export async function limitUser(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { limits }: Context,
  userId: string,
): Promise<void> {
  const verdicts = counted.get(raw)?.byUser ?? limits.byUser(userId);
  obey(reply, limits, verdicts instanceof Promise ? await verdicts : verdicts);
}

async function limitAccount(request: FastifyRequest, reply: FastifyReply, limits: Limits): Promise<void> {
  // With a token, the account is its user's, whatever address the body names.
  const mail = request.identity?.userId ?? mailIn(request.body);
  if (mail === null) return;
  if (request.wayIn === 'login') {
    const attempt = await limits.login(mail, addressOf(request) ?? '');
    if (attempt.refused !== null) obey(reply, limits, [attempt.refused]);
    request.attempt = attempt;
  } else {
    obey(reply, limits, await limits.byMail(mail));
  }
}

/** The account that a body names, if any; Better Auth's bodies are not parsed yet. */
function mailIn(body: unknown): string | null {
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

/** The outcome of a log-in, whichever door it came by: what it means for the next one, and for the answer. */
function settle(
  request: FastifyRequest,
  reply: FastifyReply,
  limits: Limits,
  attempt: Attempt,
  payload: unknown,
): unknown {
  const text = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload : '';
  const wantsMore = text.includes('twoFactorRedirect') || text.includes('TOTP_REQUIRED');
  if (reply.statusCode === 200 && !wantsMore) attempt.succeed().catch(() => undefined);
  if (reply.statusCode !== 401 || wantsMore || attempt.late === null) return payload;
  const error = refusal(limits, [attempt.late]);
  const { status, body } = renderError(error, request.id);
  show(reply, [attempt.late]);
  reply.removeHeader('www-authenticate').removeHeader('content-length');
  reply.status(status).headers(error.headers).type(jsonType);
  return JSON.stringify(body);
}

/** Puts what the limits say into the headers, and stops a request that one of them refuses. */
function obey(reply: FastifyReply, limits: Limits, verdicts: readonly Verdict[]): void {
  if (verdicts.length === 0) return;
  show(reply, verdicts);
  const refused = verdicts.filter(({ allowed }) => !allowed);
  if (refused.length > 0) throw refusal(limits, refused);
}

function refusal(limits: Limits, refused: readonly Verdict[]): AppError {
  limits.countRefusals(refused);
  return rateLimited(Math.max(...refused.map(secondsOf)));
}

const secondsOf = ({ resetMs }: Verdict): number => Math.max(1, Math.ceil(resetMs / 1000));

/** The limit that was asked last before the others. */
function show(reply: FastifyReply, verdicts: readonly Verdict[]): void {
  for (const [name, value] of Object.entries(limitHeaders(verdicts))) {
    const before = reply.getHeader(name);
    reply.header(name, before === undefined ? value : `${value}, ${before}`);
  }
}

/** The fields of draft-ietf-httpapi-ratelimit-headers; none without limits. */
export function limitHeaders(verdicts: readonly Verdict[]): Record<string, string> {
  if (verdicts.length === 0) return {};
  let [policy, state] = ['', ''];
  for (const verdict of verdicts) {
    const { name, quota, used } = verdict;
    const comma = policy === '' ? '' : ', ';
    policy += `${comma}"${name}";q=${quota.requests};w=${quota.seconds}`;
    state += `${comma}"${name}";r=${Math.max(0, quota.requests - used)};t=${secondsOf(verdict)}`;
  }
  return { 'ratelimit-policy': policy, ratelimit: state };
}
