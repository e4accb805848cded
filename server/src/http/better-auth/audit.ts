import { decodeJwt } from 'jose';
import { recordAuthEvent } from '../../accounts/auth-events.ts';
import type { AuditOrigin } from '../../audit/origin.ts';
import type { Context } from '../../context.ts';
import { firstFactorAction } from '../hooks/audited-sign-in.ts';

/** Paths whose action has the name of the v1 route that does the same. */
const actionNames: Record<string, string> = {
  '/sign-up/email': 'register',
  '/sign-in/email': 'login',
  '/sign-out': 'logout',
};
/** Reads of the caller's account and sessions, which are counted. The public paths show nothing of a user. */
const auditedReads = new Set(['/get-session', '/list-sessions', '/list-accounts', '/account-info', '/token']);
const publicPaths = new Set(['/ok', '/error', '/jwks']);
/** On these paths the address in the body is the account. Elsewhere a caller could write to any user's chain. */
const emailPaths = /^\/(sign-in|sign-up)\/|^\/(request-password-reset|send-verification-email)$/;
const secondFactorPrefix = '/two-factor/verify-';
/** The id of a log-in that waits for its second factor. Better Auth checks the signature. */
const secondFactorCookie = /(?:^|; *)(?:__Secure-)?better-auth\.two_factor=([\w-]{1,100})\./;

type Fields = Record<string, unknown>;

/** A request to Better Auth. */
export interface BetterAuthCall {
  origin: AuditOrigin;
  /** Relative to `/api/auth`. */
  path: string;
  headers: Headers;
  body: Buffer | null;
}

/** Records a response. Created before the request is handled, because handling may end its session. */
type RecordResponse = (status: number, responseBody: Buffer) => Promise<void>;

/** @returns null for a path that is not audited: public, or unknown to Better Auth */
export async function prepareAuditRecord(ctx: Context, call: BetterAuthCall): Promise<RecordResponse | null> {
  const path = call.path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  if (!(await isBetterAuthPath(ctx, path)) || publicPaths.has(path)) return null;
  if (auditedReads.has(path)) {
    return async (status, responseBody) => {
      const userId = status < 400 ? userIdInResponse(parseFields(responseBody)) : null;
      if (userId === null) return;
      const origin = { ...call.origin, actor: userId };
      ctx.auditCounts.add({ userId, origin, action: betterAuthActionOf(path), outcome: 'success' });
    };
  }
  const actor = await findSessionUser(ctx, call.headers);
  const body = parseFields(call.body);
  const email = emailPaths.test(path) ? nonEmptyText(body.email) : null;
  const owner = await findTokenOwner(ctx, { ...call, path }, body);
  return async (status, responseBody) => {
    const fields = parseFields(responseBody);
    const passed = fields.twoFactorRedirect === true;
    const signedInUser = userIdOf(fields.user);
    await recordAuthEvent(ctx, {
      // The actor of a sign-in is the user who signs in, even if another user's session was sent.
      origin: { ...call.origin, actor: email === null ? (actor ?? signedInUser) : (signedInUser ?? actor) },
      action: passed ? firstFactorAction : betterAuthActionOf(path),
      outcome: status < 400 ? 'success' : status === 403 ? 'denied' : 'failure',
      userId: email === null ? (owner ?? actor ?? signedInUser) : null,
      email,
    });
  };
}

async function isBetterAuthPath({ betterAuth }: Context, path: string): Promise<boolean> {
  const { api } = await betterAuth();
  return Object.values(api).some((endpoint) => 'path' in endpoint && endpoint.path === path);
}

const betterAuthActionOf = (path: string) =>
  `auth.${actionNames[path] ?? path.slice(1).replaceAll(/[/-]/g, '_')}`;

async function findSessionUser({ betterAuth }: Context, headers: Headers): Promise<string | null> {
  if (!headers.has('cookie') && !headers.has('authorization')) return null;
  const { api } = await betterAuth();
  const session = await api.getSession({ headers, query: { disableRefresh: true } });
  return session?.user.id ?? null;
}

/** The user whose password a link resets, or whose second factor is verified. */
async function findTokenOwner({ betterAuth }: Context, { path, headers }: BetterAuthCall, body: Fields) {
  const identifier = path.startsWith(secondFactorPrefix)
    ? secondFactorCookie.exec(headers.get('cookie') ?? '')?.[1]
    : path === '/reset-password' && `reset-password:${nonEmptyText(body.token)}`;
  if (!identifier) return null;
  const { internalAdapter } = await (await betterAuth()).$context;
  return (await internalAdapter.findVerificationValue(identifier))?.value ?? null;
}

/** The user whose session, sessions, accounts or token a response contains. */
function userIdInResponse(fields: Fields): string | null {
  const token = nonEmptyText(fields.token);
  if (token !== null) return decodeJwt(token).sub ?? null;
  const first = fields[0];
  return userIdOf(fields.user) ?? (isFields(first) ? nonEmptyText(first.userId) : null);
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const nonEmptyText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
const userIdOf = (value: unknown) => (isFields(value) ? nonEmptyText(value.id) : null);

/** The fields of a JSON object or array; empty for anything else. */
function parseFields(bytes: Buffer | null): Fields {
  if (bytes === null || bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isFields(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
