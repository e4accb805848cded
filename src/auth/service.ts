import { isAPIError } from 'better-auth/api';
import type { Config } from '../config.ts';
import { emailTaken, invalidCredentials } from '../errors.ts';
import { type BetterAuth, sessionSeconds } from './better-auth.ts';
import type { Credentials, Grant, Registration } from './model.ts';

/** P1's face on the users and sessions of Better Auth. */
export interface Accounts {
  /** @throws AppError EMAIL_TAKEN */
  register(input: Registration): Promise<Grant>;
  /** @throws AppError INVALID_CREDENTIALS, the same for a wrong password and an unknown address. */
  login(input: Credentials): Promise<Grant>;
}

export function createAccounts(config: Config, betterAuth: BetterAuth): Accounts {
  const expiresInSeconds = Math.min(sessionSeconds, config.auth.maxAgeSeconds);

  async function grant(sessionToken: string | null): Promise<Grant> {
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
  }

  return {
    async register({ email, password, first_name, last_name }) {
      const body = {
        email,
        password,
        name: `${first_name} ${last_name}`.trim(),
        firstName: first_name,
        lastName: last_name,
      };
      try {
        const { token } = await betterAuth.api.signUpEmail({ body });
        return await grant(token);
      } catch (error) {
        throw isAPIError(error) && (await isTaken(betterAuth, email)) ? emailTaken() : error;
      }
    },
    async login({ email, password }) {
      try {
        const { token } = await betterAuth.api.signInEmail({ body: { email, password } });
        return await grant(token);
      } catch (error) {
        throw isAPIError(error) && error.statusCode < 500 ? invalidCredentials() : error;
      }
    },
  };
}

async function isTaken(betterAuth: BetterAuth, email: string): Promise<boolean> {
  const { internalAdapter } = await betterAuth.$context;
  return (await internalAdapter.findUserByEmail(email.toLowerCase())) !== null;
}
