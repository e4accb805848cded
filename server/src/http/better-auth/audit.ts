import { decodeJwt } from 'jose';
import { recordAttempt } from '../../accounts/attempts.ts';
import type { Origin } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import { firstFactor } from '../hooks/attempts.ts';

/** What our own doors call the same thing. */
const ownNames: Record<string, string> = {
  '/sign-up/email': 'register',
  '/sign-in/email': 'login',
  '/sign-out': 'logout',
};
/** Reads of one's own account and sessions are counted; the other paths named here show nothing of anybody's. */
const ownReads = new Set(['/get-session', '/list-sessions', '/list-accounts', '/account-info', '/token']);
const publicPaths = new Set(['/ok', '/error', '/jwks']);
/** An address in the body says whose account it is about; elsewhere it would be a stranger's way into any chain. */
const byAddress = /^\/(sign-in|sign-up)\/|^\/(request-password-reset|send-verification-email)$/;
const secondFactorPrefix = '/two-factor/verify-';
/** The name of an attempt that waits for its second factor; the signature behind it is Better Auth's to check. */
const secondFactorCookie = /(?:^|; *)(?:__Secure-)?better-auth\.two_factor=([\w-]{1,100})\./;

type Fields = Record<string, unknown>;

/** A request to Better Auth. */
export interface Call {
  origin: Origin;
  /** Below the mount. */
  path: string;
  headers: Headers;
  body: Buffer | null;
}

/** Records an answer; made before the request is handled, which may end the session it came with. */
type Recorder = (status: number, answer: Buffer) => Promise<void>;

/** @returns null for a path that is not audited: one that shows nothing of anybody's, or a made-up one. */
export async function prepareRecord(ctx: Context, call: Call): Promise<Recorder | null> {
  const path = call.path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  if (!isKnown(ctx, path) || publicPaths.has(path)) return null;
  if (ownReads.has(path)) {
    return async (status, answer) => {
      const userId = status < 400 ? readerOf(parseFields(answer)) : null;
      if (userId === null) return;
      const origin = { ...call.origin, actor: userId };
      ctx.auditCounts.add({ userId, origin, action: actionOf(path), outcome: 'success' });
    };
  }
  const actor = await findSessionUser(ctx, call.headers);
  const body = parseFields(call.body);
  const email = byAddress.test(path) ? textOf(body.email) : null;
  const owner = await findTokenOwner(ctx, { ...call, path }, body);
  return async (status, answer) => {
    const said = parseFields(answer);
    const passed = said.twoFactorRedirect === true;
    const came = idOf(said.user);
    await recordAttempt(ctx, {
      // Who gets in is who acts, also when somebody else was in before.
      origin: { ...call.origin, actor: email === null ? (actor ?? came) : (came ?? actor) },
      action: passed ? firstFactor : actionOf(path),
      outcome: status < 400 ? 'success' : status === 403 ? 'denied' : 'failure',
      userId: email === null ? (owner ?? actor ?? came) : null,
      email,
    });
  };
}

function isKnown({ betterAuth }: Context, path: string): boolean {
  return Object.values(betterAuth.api).some((endpoint) => 'path' in endpoint && endpoint.path === path);
}

const actionOf = (path: string) => `auth.${ownNames[path] ?? path.slice(1).replaceAll(/[/-]/g, '_')}`;

async function findSessionUser({ betterAuth }: Context, headers: Headers): Promise<string | null> {
  if (!headers.has('cookie') && !headers.has('authorization')) return null;
  const session = await betterAuth.api.getSession({ headers, query: { disableRefresh: true } });
  return session?.user.id ?? null;
}

/** Who a link for a new password was sent to, or whose second factor is asked for. */
async function findTokenOwner({ betterAuth }: Context, { path, headers }: Call, body: Fields) {
  const identifier = path.startsWith(secondFactorPrefix)
    ? secondFactorCookie.exec(headers.get('cookie') ?? '')?.[1]
    : path === '/reset-password' && `reset-password:${textOf(body.token)}`;
  if (!identifier) return null;
  const { internalAdapter } = await betterAuth.$context;
  return (await internalAdapter.findVerificationValue(identifier))?.value ?? null;
}

/** Whose session, sessions, accounts or token an answer shows. */
function readerOf(answer: Fields): string | null {
  const token = textOf(answer.token);
  if (token !== null) return decodeJwt(token).sub ?? null;
  const first = answer[0];
  return idOf(answer.user) ?? (isFields(first) ? textOf(first.userId) : null);
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
const idOf = (value: unknown) => (isFields(value) ? textOf(value.id) : null);

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
