import { betterAuth } from 'better-auth';
import { bearer, jwt, twoFactor } from 'better-auth/plugins';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import type { Mailer } from '../mail/mailer.ts';
import { verificationMail } from '../mail/templates.ts';
import * as hooks from './better-auth-hooks.ts';
import { trustedLinks, trustedOrigins } from './origins.ts';
import type { PasswordReset } from './password-reset.ts';
import { passwordHashing, passwordMaxLength, passwordMinLength } from './passwords.ts';
import { createRegistrationPolicy } from './registration-policy.ts';
import { secondFactorLock } from './second-factor.ts';
import { toVersionedSecrets } from './secrets.ts';
import { createKeyAdapter } from './signing-key.ts';
import { storeIdentifier } from './stored-links.ts';

/** How long a session lives without being used. */
export const sessionSeconds = 7 * 24 * 3600;

/** Routes of Better Auth that nothing here needs, or that ask for no password where one should be asked for. */
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

const plugins = (config: Config, db: Db, log: Logger) => [
  jwt({
    adapter: createKeyAdapter(db, log),
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
/** Changed by admins and by the command `admin`, never by a request of Better Auth's. */
const roleField = { type: 'string', required: false, input: false } as const;

/** Where a link leads that nobody said an address for. */
const isDefaultCallback = (url: string) => new URL(url).searchParams.get('callbackURL') === '/';

/** Better Auth on our tables: accounts, sessions and this server's token-signing keys. */
export function createBetterAuth(
  config: Config,
  db: Db,
  log: Logger,
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
    // The one of before secrets had versions is the oldest.
    secret: secrets.at(-1) ?? secrets[0],
    database: { db, type: 'postgres', transaction: true, schemaName: 'better_auth' },
    trustedOrigins: trustedOrigins(config),
    disabledPaths,
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordMinLength,
      // It counts UTF-16 units; `passwordFault` counts characters.
      maxPasswordLength: passwordMaxLength * 2,
      password: passwordHashing,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: ({ user }) => hooks.afterPasswordChange(db, mailer, user),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendVerificationEmail: async ({ user, url, token }) => {
        const plain = `${baseUrl}/api/auth/verify-email?token=${token}`;
        mailer.send(verificationMail(user.email, isDefaultCallback(url) ? plain : url));
      },
    },
    verification: { storeIdentifier },
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
    // Failures of ours go on to the server's error handler; left to itself, it prints them with what they carry.
    onAPIError: { throw: true },
    advanced: {
      // It would ask the database before ours is migrated, or reachable; a test compares the schema instead.
      database: { validateSchema: false },
      // Left out, it is off wherever NODE_ENV is `test` or TEST is set.
      disableOriginCheck: false,
      useSecureCookies: baseUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: ['x-client-ip'] },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    // Its messages and arguments carry mail addresses and SQL: only the level is worth a line.
    logger: {
      level: 'error',
      log: (level) => log.warn({ source: 'better-auth', severity: level }, 'account error'),
    },
    plugins: plugins(config, db, log),
  });
}

export type BetterAuth = ReturnType<typeof createBetterAuth>;
