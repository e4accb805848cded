import { decodeJwt } from 'jose';
import { recordAuthEvent } from '../../accounts/auth-events.ts';
import type { AuditOrigin } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import { firstFactorAction } from '../hooks/audited-sign-in.ts';

/** What our own doors call the same thing. */
const actionNames: Record<string, string> = {
  '/sign-up/email': 'register',
  '/sign-in/email': 'login',
  '/sign-out': 'logout',
};
/** Reads of one's own account and sessions are counted; the other paths named here show nothing of anybody's. */
const auditedReads = new Set(['/get-session', '/list-sessions', '/list-accounts', '/account-info', '/token']);
const publicPaths = new Set(['/ok', '/error', '/jwks']);
/** An address in the body says whose account it is about; elsewhere it would be a stranger's way into any chain. */
const emailPaths = /^\/(sign-in|sign-up)\/|^\/(request-password-reset|send-verification-email)$/;
const secondFactorPrefix = '/two-factor/verify-';
/** The name of an attempt that waits for its second factor; the signature behind it is Better Auth's to check. */
const secondFactorCookie = /(?:^|; *)(?:__Secure-)?better-auth\.two_factor=([\w-]{1,100})\./;

type Fields = Record<string, unknown>;

/** A request to Better Auth. */
export interface BetterAuthCall {
  origin: AuditOrigin;
  /** Below the mount. */
  path: string;
  headers: Headers;
  body: Buffer | null;
}

/** Records an answer; made before the request is handled, which may end the session it came with. */
type RecordResponse = (status: number, answer: Buffer) => Promise<void>;

/** @returns null for a path that is not audited: one that shows nothing of anybody's, or a made-up one. */
export async function prepareAuditRecord(ctx: Context, call: BetterAuthCall): Promise<RecordResponse | null> {
  const path = call.path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  if (!isBetterAuthPath(ctx, path) || publicPaths.has(path)) return null;
  if (auditedReads.has(path)) {
    return async (status, answer) => {
      const userId = status < 400 ? userIdInResponse(parseFields(answer)) : null;
      if (userId === null) return;
      const origin = { ...call.origin, actor: userId };
      ctx.auditCounts.add({ userId, origin, action: betterAuthActionOf(path), outcome: 'success' });
    };
  }
  const actor = await findSessionUser(ctx, call.headers);
  const body = parseFields(call.body);
  const email = emailPaths.test(path) ? nonEmptyText(body.email) : null;
  const owner = await findTokenOwner(ctx, { ...call, path }, body);
  return async (status, answer) => {
    const fields = parseFields(answer);
    const passed = fields.twoFactorRedirect === true;
    const signedInUser = userIdOf(fields.user);
    await recordAuthEvent(ctx, {
      // Who gets in is who acts, also when somebody else was in before.
      origin: { ...call.origin, actor: email === null ? (actor ?? signedInUser) : (signedInUser ?? actor) },
      action: passed ? firstFactorAction : betterAuthActionOf(path),
      outcome: status < 400 ? 'success' : status === 403 ? 'denied' : 'failure',
      userId: email === null ? (owner ?? actor ?? signedInUser) : null,
      email,
    });
  };
}

function isBetterAuthPath({ betterAuth }: Context, path: string): boolean {
  return Object.values(betterAuth.api).some((endpoint) => 'path' in endpoint && endpoint.path === path);
}

const betterAuthActionOf = (path: string) =>
  `auth.${actionNames[path] ?? path.slice(1).replaceAll(/[/-]/g, '_')}`;

async function findSessionUser({ betterAuth }: Context, headers: Headers): Promise<string | null> {
  if (!headers.has('cookie') && !headers.has('authorization')) return null;
  const session = await betterAuth.api.getSession({ headers, query: { disableRefresh: true } });
  return session?.user.id ?? null;
}

/** Who a link for a new password was sent to, or whose second factor is asked for. */
async function findTokenOwner({ betterAuth }: Context, { path, headers }: BetterAuthCall, body: Fields) {
  const identifier = path.startsWith(secondFactorPrefix)
    ? secondFactorCookie.exec(headers.get('cookie') ?? '')?.[1]
    : path === '/reset-password' && `reset-password:${nonEmptyText(body.token)}`;
  if (!identifier) return null;
  const { internalAdapter } = await betterAuth.$context;
  return (await internalAdapter.findVerificationValue(identifier))?.value ?? null;
}

/** Whose session, sessions, accounts or token an answer shows. */
function userIdInResponse(answer: Fields): string | null {
  const token = nonEmptyText(answer.token);
  if (token !== null) return decodeJwt(token).sub ?? null;
  const first = answer[0];
  return userIdOf(answer.user) ?? (isFields(first) ? nonEmptyText(first.userId) : null);
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const nonEmptyText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
const userIdOf = (value: unknown) => (isFields(value) ? nonEmptyText(value.id) : null);

/** The fields of a JSON object or list; none for anything else. */
function parseFields(bytes: Buffer | null): Fields {
  if (bytes === null || bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isFields(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
