import { clientError, DulyError } from './errors.ts';
import type { TokenContext, TokenFunction } from './tokens.ts';

export interface LoginOptions {
  email: string;
  password: string;
  /** The code of the second factor, if the account has one. The session then lives as long as its one token. */
  totpCode?: string;
  /** The session of an earlier log-in; without it, the first call logs in. */
  session?: string;
  /** Gets the session of each log-in, to be kept in a safe place. */
  onSession?: (session: string) => void;
}

/**
 * Logs in with email address and password, and gets a token that lives for minutes whenever one is needed. After the
 * end of the session it logs in again.
 */
export function login({ email, password, totpCode, session, onSession }: LoginOptions): TokenFunction {
  let current = session ?? null;
  return async (context) => {
    if (totpCode !== undefined) return logInWithCode(context, { email, password, totp_code: totpCode });
    const token = current === null ? null : await exchangeSession(context, current);
    if (token !== null) return token;
    current = await signIn(context, email, password);
    onSession?.(current);
    const first = await exchangeSession(context, current);
    if (first === null) throw clientError('UNAUTHORIZED', 'The new session is refused');
    return first;
  };
}

/** The token of a session that another part of the app keeps, such as Better Auth's client with its `jwtClient`. */
export const fromBetterAuth =
  (auth: { token(): Promise<{ data: { token: string } | null }> }): TokenFunction =>
  async () => {
    const { data } = await auth.token();
    if (data === null) throw clientError('UNAUTHORIZED', 'There is no session');
    return data.token;
  };

// Better Auth's routes want an origin that they trust. Browsers set their own, and ignore this one.
const originOf = (url: string) => ({ origin: new URL(url).origin });

async function signIn({ url, send }: TokenContext, email: string, password: string): Promise<string> {
  const path = '/api/auth/sign-in/email';
  const request = { method: 'POST' as const, path, body: { email, password }, headers: originOf(url) };
  const { headers, body } = await send(request).catch((error: unknown) => {
    const isRefused = error instanceof DulyError && error.status === 401;
    throw isRefused ? clientError('INVALID_CREDENTIALS', 'Wrong email or password', error) : error;
  });
  const session = headers.get('set-auth-token');
  if (session !== null) return session;
  throw readText(body, 'twoFactorRedirect') === 'true'
    ? clientError('TOTP_REQUIRED', 'A code of the second factor is required')
    : clientError('UNEXPECTED_RESPONSE', 'The server did not name the session');
}

/** Null if the session has ended. */
async function exchangeSession({ url, send }: TokenContext, session: string): Promise<string | null> {
  const headers = { ...originOf(url), authorization: `Bearer ${session}` };
  try {
    const { body } = await send({ method: 'GET', path: '/api/auth/token', headers });
    return readText(body, 'token');
  } catch (error) {
    if (error instanceof DulyError && error.status === 401) return null;
    throw error;
  }
}

async function logInWithCode({ send }: TokenContext, credentials: object): Promise<string> {
  const { body } = await send({ method: 'POST', path: '/api/v1/auth/login', body: credentials });
  return readText(body, 'access_token');
}

function readText(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  return String(value.find(([key]) => key === name)?.[1] ?? '');
}
