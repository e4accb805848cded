import { APIError, isAPIError } from 'better-auth/api';
import { parseSetCookieHeader } from 'better-auth/cookies';
import { invalidCredentials, rateLimited, totpRequired } from '../platform/errors.ts';

interface TotpVerifier {
  api: { verifyTOTP(call: { body: { code: string }; headers: Headers }): Promise<{ token: string }> };
}

/** After 10 wrong codes in a row, over all surfaces, an account's second factor is locked for 15 min. */
export const secondFactorLock = { maxFailedAttempts: 10, durationSeconds: 900 };

/**
 * Completes a sign-in with a TOTP code (RFC 6238).
 * @param signInHeaders response headers of the sign-in, with Better Auth's challenge cookie
 * @returns the token of the new session
 * @throws AppError TOTP_REQUIRED without a code, INVALID_CREDENTIALS for a wrong one, RATE_LIMITED while locked
 */
export async function completeSecondFactor(
  betterAuth: TotpVerifier,
  headers: Headers,
  signInHeaders: Headers,
  code: string | undefined,
): Promise<string> {
  if (code === undefined) throw totpRequired();
  const cookies = parseSetCookieHeader(signInHeaders.getSetCookie().join(', '));
  const challenge = [...cookies].find(([name]) => name.endsWith('.two_factor'));
  if (challenge === undefined) throw invalidCredentials();
  const [name, { value }] = challenge;
  const withCookie = new Headers(headers);
  withCookie.set('cookie', `${name}=${value}`);
  try {
    const { token } = await betterAuth.api.verifyTOTP({ body: { code }, headers: withCookie });
    return token;
  } catch (error) {
    if (!isAPIError(error)) throw error;
    if (error.statusCode === 429) throw rateLimited(secondFactorLock.durationSeconds);
    throw error.statusCode < 500 ? invalidCredentials() : error;
  }
}

export const invalidCodeError = () =>
  new APIError('UNAUTHORIZED', { code: 'INVALID_CODE', message: 'Invalid code' });
