import { isAPIError } from 'better-auth/api';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import { passwordChangedNotice } from '../mail/templates.ts';
import { AppError, emailTaken, invalidCredentials, wrongPassword } from '../platform/errors.ts';
import { revokeAllTokens } from './access-queries.ts';
import { createAccessTokenIssuer } from './access-tokens.ts';
import { updatePassword } from './account-queries.ts';
import type { BetterAuth } from './better-auth.ts';
import type {
  AccessTokenResponse,
  Credentials,
  PasswordChange,
  Registration,
  SessionClient,
} from './model.ts';
import { passwordHashing, signInStore, signUpLimiter } from './passwords.ts';
import { registrationError } from './registration-policy.ts';
import { requirePassword } from './require-password.ts';
import { completeSecondFactor } from './second-factor.ts';
import { deleteLinks } from './stored-links.ts';

/** The account operations of v1, on the users and sessions of Better Auth. */
export interface Accounts {
  /** @throws AppError EMAIL_TAKEN, REGISTRATION_CLOSED, INVITATION_REQUIRED */
  register(client: SessionClient, input: Registration): Promise<AccessTokenResponse>;
  /**
   * @throws AppError INVALID_CREDENTIALS, the same for a wrong password and an unknown email address. With a second
   * factor and the right password: TOTP_REQUIRED without a code, RATE_LIMITED after too many wrong ones.
   */
  login(client: SessionClient, input: Credentials): Promise<AccessTokenResponse>;
  /**
   * Ends every earlier session and token.
   * @returns the token of a new session
   * @throws AppError NOT_FOUND for a user without an account, INVALID_CREDENTIALS
   */
  changePassword(
    userId: string,
    origin: AuditOrigin,
    client: SessionClient,
    input: PasswordChange,
  ): Promise<AccessTokenResponse>;
}

/** The headers that Better Auth stores with a session. */
const clientHeadersOf = ({ address, userAgent }: SessionClient) =>
  new Headers({
    'x-client-ip': address,
    'user-agent': userAgent,
  });

/** Better Auth reports a failure of the database as "wrong password" or "no session". */
export function createAccountOperations(
  config: Config,
  db: Db,
  betterAuth: BetterAuth,
  mailer: Mailer,
): Accounts {
  const issueAccessToken = createAccessTokenIssuer(config, betterAuth);
  return {
    async register(client, { email, password, first_name, last_name, invitation }) {
      const body = {
        email,
        password,
        name: `${first_name} ${last_name}`.trim(),
        firstName: first_name,
        lastName: last_name,
        // Not a column of the user: the registration policy reads it.
        ...(invitation !== undefined && { invitation }),
      };
      try {
        const { token } = await signUpLimiter(() =>
          betterAuth.api.signUpEmail({ body, headers: clientHeadersOf(client) }),
        );
        return await issueAccessToken(token);
      } catch (error) {
        const refusal = registrationError(error);
        if (refusal !== null) throw refusal;
        throw isAPIError(error) && (await isEmailTaken(betterAuth, email)) ? emailTaken() : error;
      }
    },
    async login(client, { email, password, totp_code }) {
      const headers = clientHeadersOf(client);
      try {
        const signedIn = await signInStore.run({ passwordHash: null }, () =>
          betterAuth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true }),
        );
        const { token } = signedIn.response;
        // The plugin for second factors removes it although the type has it.
        if (typeof token === 'string') return await issueAccessToken(token);
        return await issueAccessToken(
          await completeSecondFactor(betterAuth, headers, signedIn.headers, totp_code),
        );
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw isAPIError(error) && error.statusCode < 500 ? invalidCredentials() : error;
      }
    },
    async changePassword(userId, origin, client, { current_password, new_password }) {
      const entry = { userId, origin, action: 'auth.change_password' };
      const account = await requirePassword(db, userId, current_password, entry);
      const passwordHash = await passwordHashing.hash(new_password);
      await inTransaction(db, async (tx) => {
        // Of two concurrent changes with the same current password the second is refused.
        if (!(await updatePassword(tx, userId, passwordHash, account.passwordHash))) throw wrongPassword();
        await revokeAllTokens(tx, userId);
        await deleteLinks(tx, userId);
        await appendAudit(tx, [{ ...entry, outcome: 'success' }]);
      });
      mailer.send(passwordChangedNotice(account.email));
      const { internalAdapter } = await betterAuth.$context;
      const { address, userAgent } = client;
      const session = await internalAdapter.createSession(userId, false, { ipAddress: address, userAgent });
      return issueAccessToken(session.token);
    },
  };
}

async function isEmailTaken(betterAuth: BetterAuth, email: string): Promise<boolean> {
  const { internalAdapter } = await betterAuth.$context;
  return (await internalAdapter.findUserByEmail(email.toLowerCase())) !== null;
}
