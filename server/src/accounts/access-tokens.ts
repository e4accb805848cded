import type { Config } from '../config/config.ts';
import { invalidCredentials } from '../platform/errors.ts';
import { type BetterAuth, sessionSeconds } from './better-auth.ts';
import type { AccessTokenResponse } from './model.ts';

/**
 * Signs an access token for a session of Better Auth. It expires with a new session (7 days) or after
 * JWT_MAX_AGE_SECONDS, whichever is sooner.
 * @throws AppError INVALID_CREDENTIALS without such a session
 */
export type IssueAccessToken = (sessionToken: string | null) => Promise<AccessTokenResponse>;

export function createAccessTokenIssuer(config: Config, betterAuth: BetterAuth): IssueAccessToken {
  const expiresInSeconds = Math.min(sessionSeconds, config.auth.maxAgeSeconds);
  return async (sessionToken) => {
    const { internalAdapter } = await betterAuth.$context;
    const found = await internalAdapter.findSession(sessionToken ?? '');
    if (found === null) throw invalidCredentials();
    const { user, session } = found;
    const now = Math.floor(Date.now() / 1000);
    const { token } = await betterAuth.api.signJWT({
      body: { payload: { sub: user.id, sid: session.id, iat: now, exp: now + expiresInSeconds } },
    });
    return {
      access_token: token,
      token_type: 'bearer',
      expires_in: expiresInSeconds,
      user: {
        id: user.id,
        email: user.email,
        first_name: String(user.firstName),
        last_name: String(user.lastName),
        role: user.role === 'admin' ? 'admin' : 'user',
        created_at: user.createdAt.toISOString(),
      },
    };
  };
}
