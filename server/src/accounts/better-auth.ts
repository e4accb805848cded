import { betterAuth } from 'better-auth';
import { bearer, jwt, twoFactor } from 'better-auth/plugins';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import type { Mailer } from '../mail/mailer.ts';
import { verificationMail } from '../mail/templates.ts';
import * as hooks from './better-auth-hooks.ts';
import { confirmationUrl } from './link-urls.ts';
import { trustedLinks, trustedOrigins } from './origins.ts';
import type { PasswordReset } from './password-reset.ts';
import { passwordHashing, passwordMaxLength, passwordMinLength } from './passwords.ts';
import { createRegistrationPolicy } from './registration-policy.ts';
import { secondFactorLock } from './second-factor.ts';
import { legacySecretOf, toVersionedSecrets } from './secrets.ts';
import { createKeyAdapter, type SigningKeys } from './signing-key.ts';
import { betterAuthStoreIdentifier } from './stored-links.ts';

/** A session expires after this time without use. */
export const sessionSeconds = 7 * 24 * 3600;

/** Routes that are unused here, or that change an account without asking for its password. */
const disabledPaths = [
  '/account-info',
  '/change-email',
  '/delete-user',
  '/delete-user/callback',
  '/error',
  '/get-access-token',
  '/link-social',
  '/refresh-token',
  '/sign-in/social',
  '/two-factor/send-otp',
  '/two-factor/verify-otp',
  '/unlink-account',
  '/verify-password',
];

const plugins = (config: Config, keys: SigningKeys) => [
  jwt({
    adapter: createKeyAdapter(keys),
    jwt: {
      issuer: config.auth.baseUrl,
      audience: config.auth.baseUrl,
      expirationTime: '15m',
      definePayload: ({ session }) => ({ sid: session.id }),
    },
  }),
  bearer({ requireSignature: true }),
  twoFactor({ accountLockout: secondFactorLock }),
  trustedLinks(config),
];

const nameField = { type: 'string', required: false, returned: true } as const;
/** Requests to Better Auth cannot set it: only admins and the command `admin` do. */
const roleField = { type: 'string', required: false, input: false } as const;

/** Better Auth's default when the client gave no `callbackURL`. */
const isDefaultCallback = (url: string) => new URL(url).searchParams.get('callbackURL') === '/';

/**
 * Better Auth on the schema `better_auth`: accounts, sessions and this server's signing keys. Import this file only by
 * `lazy-better-auth.ts`: it takes some 35 MB.
 */
export function createBetterAuth(
  config: Config,
  db: Db,
  log: Logger,
  keys: SigningKeys,
  mailer: Mailer,
  passwordReset: PasswordReset,
) {
  const { secrets, baseUrl, registration } = config.auth;
  const registrationPolicy = createRegistrationPolicy(registration, db);
  return betterAuth({
    appName: 'Duly',
    baseURL: baseUrl,
    basePath: '/api/auth',
    secrets: toVersionedSecrets(secrets),
    secret: legacySecretOf(secrets),
    database: { db, type: 'postgres', transaction: true, schemaName: 'better_auth' },
    trustedOrigins: trustedOrigins(config),
    disabledPaths,
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordMinLength,
      // Better Auth counts UTF-16 units; the hooks check the limit in code points.
      maxPasswordLength: passwordMaxLength * 2,
      password: passwordHashing,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: ({ user }) => hooks.afterPasswordChange(db, mailer, user),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendVerificationEmail: async ({ user, url, token }) => {
        const link = isDefaultCallback(url) ? confirmationUrl(config, 'verify', token) : url;
        mailer.send(verificationMail(user.email, link));
      },
    },
    verification: { storeIdentifier: betterAuthStoreIdentifier },
    session: { expiresIn: sessionSeconds },
    user: { additionalFields: { firstName: nameField, lastName: nameField, role: roleField } },
    databaseHooks: {
      user: {
        create: {
          async before(user, request) {
            await registrationPolicy.authorize(user.email, request?.body, request?.context.internalAdapter);
            return hooks.withDefaultNames(user);
          },
        },
        update: { before: async (user) => hooks.validateTextFields(user) },
      },
      session: {
        create: {
          before: ({ userId }, request) => hooks.refuseBanned(db, userId, request?.path),
          after: (session) => hooks.refuseStaleSignIn(db, session),
        },
      },
    },
    hooks: {
      before: hooks.beforeRequest({ registrationPolicy, mailer, passwordReset }),
      after: hooks.afterRequest(db, mailer),
    },
    // Errors go to Fastify's error handler. Better Auth would print them, with bodies and SQL.
    onAPIError: { throw: true },
    advanced: {
      // The check would run before the database is migrated or reachable. A test compares the schema instead.
      database: { validateSchema: false },
      // Without the setting, the check is off if NODE_ENV is `test` or TEST is set.
      disableOriginCheck: false,
      useSecureCookies: baseUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: ['x-client-ip'] },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    // Messages and arguments contain email addresses and SQL, so only the level is logged.
    logger: {
      level: 'error',
      log: (level) => log.warn({ source: 'better-auth', severity: level }, 'account error'),
    },
    plugins: plugins(config, keys),
  });
}

export type BetterAuth = ReturnType<typeof createBetterAuth>;
