import { Failure } from '../failure.ts';
import { request } from './access-token.ts';

export interface Credentials {
  url: string;
  email: string;
  password: string;
}

export interface SignedIn {
  session: string;
  userId: string;
}

interface Answer {
  status: number;
  headers: Headers;
  body: Map<string, unknown>;
}

const timeoutMs = 20_000;

async function post(url: string, path: string, body: object, cookie = ''): Promise<Answer> {
  const response = await request(url, path, {
    method: 'POST',
    // Better Auth's routes want an origin that they trust.
    headers: { 'content-type': 'application/json', origin: new URL(url).origin, ...(cookie && { cookie }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const value: unknown = await response.json().catch(() => null);
  const { status, headers } = response;
  return { status, headers, body: new Map(Object.entries(Object(value))) };
}

/** @throws Failure unless the server gave a session */
function readSession(url: string, { status, headers, body }: Answer, refused: string): SignedIn {
  const session = headers.get('set-auth-token');
  if (session !== null) return { session, userId: String(Object(body.get('user')).id ?? '') };
  if (status === 401 || status === 403) throw new Failure('failed', refused);
  if (status === 429) throw new Failure('failed', 'Too many attempts: wait a minute');
  const detail = body.get('detail') ?? body.get('message');
  throw new Failure('failed', `${url} does not log in: ${detail ?? `HTTP status ${status}`}`);
}

/**
 * Logs in with Better Auth's routes.
 * @param askCode called if the account has a second factor
 * @throws Failure
 */
export async function signIn(
  { url, email, password }: Credentials,
  askCode: () => Promise<string>,
): Promise<SignedIn> {
  const answer = await post(url, '/api/auth/sign-in/email', { email, password });
  if (answer.body.get('twoFactorRedirect') !== true)
    return readSession(url, answer, 'Wrong email or password');
  // The cookie says that the password was right.
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const verified = await post(url, '/api/auth/two-factor/verify-totp', { code: await askCode() }, cookie);
  return readSession(url, verified, 'Wrong code');
}
