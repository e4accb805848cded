import { betterAuth } from 'better-auth';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { admin, bearer, jwt } from 'better-auth/plugins';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Db } from '../db/schema.ts';
import { isCommonPassword, passwordHashing, passwordMaxLength, passwordMinLength } from './passwords.ts';
import { withVersions } from './secrets.ts';
import { signingKeys } from './signing-key.ts';

/** How long a session lives without being used. */
export const sessionSeconds = 7 * 24 * 3600;

/** Fields of Better Auth's requests that set a password. */
const passwordFields = ['password', 'newPassword'] as const;
const passwordPaths = new Set([
  '/sign-up/email',
  '/change-password',
  '/reset-password',
  '/set-password',
  '/admin/create-user',
  '/admin/set-user-password',
]);

function passwordFault(password: string) {
  const length = [...password].length;
  if (length < passwordMinLength) return { code: 'PASSWORD_TOO_SHORT', message: 'Password too short' };
  if (length > passwordMaxLength) return { code: 'PASSWORD_TOO_LONG', message: 'Password too long' };
  if (isCommonPassword(password)) return { code: 'PASSWORD_TOO_COMMON', message: 'Password is too common' };
  return null;
}

/** Refuses weak passwords, and ends the sessions that began with the one before, whatever the client asks for. */
const beforePassword = createAuthMiddleware(async (request) => {
  if (!passwordPaths.has(request.path)) return undefined;
  for (const field of passwordFields) {
    const value: unknown = request.body?.[field];
    const fault = typeof value === 'string' ? passwordFault(value) : null;
    if (fault !== null) throw new APIError('BAD_REQUEST', fault);
  }
  const ends = request.path === '/change-password' ? { revokeOtherSessions: true } : {};
  return { context: { body: { ...request.body, ...ends } } };
});

const afterPassword = createAuthMiddleware(async ({ path, body, context }) => {
  if (path !== '/admin/set-user-password' || isAPIError(context.returned)) return;
  await context.internalAdapter.deleteUserSessions(String(body.userId));
});

const textLimits = { name: 201, firstName: 100, lastName: 100, image: 2_048 };

/** Better Auth stores whatever stands in these fields, or fails in the database. Only `image` may be null. */
function checkTexts(user: Record<string, unknown>): void {
  for (const [field, limit] of Object.entries(textLimits)) {
    const value = user[field];
    if (value === undefined || (value === null && field === 'image')) continue;
    if (typeof value === 'string' && [...value].length <= limit) continue;
    const message = `${field} must be a text of at most ${limit} characters`;
    throw new APIError('BAD_REQUEST', { code: 'INVALID_FIELD', message });
  }
}

/** Better Auth keeps one `name`; P1 has two: a sign-up that gives only `name` gets it as the first. */
function withNames<User extends { name: string }>(user: User & Record<string, unknown>) {
  checkTexts(user);
  const { firstName, lastName } = user;
  return {
    data: {
      ...user,
      firstName: typeof firstName === 'string' ? firstName : user.name,
      lastName: typeof lastName === 'string' ? lastName : '',
    },
  };
}

const plugins = (baseUrl: string, db: Db, log: Logger) => [
  jwt({
    adapter: signingKeys(db, log),
    jwt: {
      issuer: baseUrl,
      audience: baseUrl,
      expirationTime: '15m',
      definePayload: ({ session }) => ({ sid: session.id }),
    },
  }),
  bearer({ requireSignature: true }),
  admin(),
];

const nameField = { type: 'string', required: false, returned: true } as const;

/** Better Auth on our tables: accounts, sessions and this server's token-signing keys. */
export function createBetterAuth(config: Config, db: Db, log: Logger) {
  const { secrets, baseUrl } = config.auth;
  return betterAuth({
    appName: 'Duly',
    baseURL: baseUrl,
    basePath: '/api/auth',
    secrets: withVersions(secrets),
    // The one of before secrets had versions is the oldest.
    secret: secrets.at(-1) ?? secrets[0],
    database: { db, type: 'postgres', transaction: true, schemaName: 'better_auth' },
    trustedOrigins: [...config.http.allowedOrigins],
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordMinLength,
      // It counts UTF-16 units; `passwordFault` counts characters.
      maxPasswordLength: passwordMaxLength * 2,
      password: passwordHashing,
      revokeSessionsOnPasswordReset: true,
    },
    session: { expiresIn: sessionSeconds },
    user: { additionalFields: { firstName: nameField, lastName: nameField } },
    databaseHooks: {
      user: {
        create: { before: async (user) => withNames(user) },
        update: { before: async (user) => checkTexts(user) },
      },
    },
    hooks: { before: beforePassword, after: afterPassword },
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
    logger: { level: 'error', log: (level) => log.warn({ source: 'better-auth', level }, 'account error') },
    plugins: plugins(baseUrl, db, log),
  });
}

export type BetterAuth = ReturnType<typeof createBetterAuth>;
