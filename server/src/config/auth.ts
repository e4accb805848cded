import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDataDir } from '../platform/data-dir.ts';
import { StartError } from '../platform/errors.ts';
import { createFileOnce } from '../platform/files.ts';
import type { HttpSettings } from './http.ts';
import {
  type Env,
  hasCredentials,
  integerSetting,
  isHttp,
  isLoopback,
  parseUrl,
  readGroup,
  redacted,
  refuseSetting,
  textSetting,
} from './values.ts';

/** The newest first: it signs and encrypts. Older ones only verify and decrypt. */
export type Secrets = readonly [string, ...string[]];

export interface AuthSettings {
  readonly secrets: Secrets;
  /** Public origin, without a trailing slash. It is `iss` and `aud` of this server's tokens. */
  readonly baseUrl: string;
  /** The `iss` of other issuers' tokens; null accepts any. */
  readonly issuer: string | null;
  /** The `aud` of other issuers' tokens; null accepts any. */
  readonly audience: string | null;
  /** Whether tokens signed with the shared secret are accepted. In production only with issuer and audience. */
  readonly acceptsHs256: boolean;
  /** The JWK set of another issuer. */
  readonly jwksUrl: string | null;
  /** Maximum distance of a token's `exp` from now. */
  readonly maxAgeSeconds: number;
  readonly registration: RegistrationMode;
}

/** Who may register: everybody, nobody, or people with an invitation. Admins can always create accounts. */
export type RegistrationMode = (typeof registrationModes)[number];

const registrationModes = ['open', 'closed', 'invite'] as const;

const secretMinLength = 32;
const placeholders = /secret|change.?me|placeholder|example|password|your.?key|^test/i;

/** `secrets` is null in development without BETTER_AUTH_SECRET: `withSecrets` generates one. */
export type AuthSettingsWithoutSecret = Omit<AuthSettings, 'secrets'> & { readonly secrets: Secrets | null };

export function authSettings(env: Env, http: HttpSettings, production: boolean): AuthSettingsWithoutSecret {
  const [issuer, audience] = [textSetting(env, 'JWT_ISSUER'), textSetting(env, 'JWT_AUDIENCE')];
  const isIncomplete = production && (issuer === null) !== (audience === null);
  const areRequired = isIncomplete || textSetting(env, 'JWKS_URL') !== null;
  const claim = (name: string, value: string | null) => () =>
    value === null && areRequired ? refuseSetting(name, 'nothing', claimHint) : value;
  return readGroup<AuthSettingsWithoutSecret>({
    baseUrl: () => baseUrl(env, http),
    issuer: claim('JWT_ISSUER', issuer),
    audience: claim('JWT_AUDIENCE', audience),
    acceptsHs256: () => !production || issuer !== null,
    jwksUrl: () => jwksUrlSetting(env, production),
    maxAgeSeconds: () => integerSetting(env, 'JWT_MAX_AGE_SECONDS', 604_800, 60, 31_536_000),
    registration: () => registration(env),
    secrets: () => Object.freeze(authSecrets(env, production)),
  });
}

/**
 * Generates a development server's secret and stores it in DATA_DIR, unless one is set or stored. To be called after
 * all settings were checked, as it creates files.
 * @throws StartError when DATA_DIR cannot be used
 */
export const withSecrets = (auth: AuthSettingsWithoutSecret, dataDir: string): AuthSettings =>
  Object.freeze({ ...auth, secrets: auth.secrets ?? Object.freeze([generatedSecret(dataDir)] as const) });

function registration(env: Env): RegistrationMode {
  const value = textSetting(env, 'REGISTRATION') ?? 'open';
  const found = registrationModes.find((one) => one === value);
  return found ?? refuseSetting('REGISTRATION', JSON.stringify(value), registrationModes.join(', '));
}

function baseUrl(env: Env, { port, tls }: HttpSettings): string {
  const value = textSetting(env, 'BETTER_AUTH_URL');
  // `localhost` and not `127.0.0.1`, as front ends use it: browsers treat the two as different sites.
  if (value === null) return new URL(`${tls === null ? 'http' : 'https'}://localhost:${port}`).origin;
  const url = parseUrl(value);
  if (url === null || !isHttp(url) || url.origin !== value.replace(/\/$/, '')) {
    return refuseSetting('BETTER_AUTH_URL', redacted(value), 'an origin such as https://api.example.com');
  }
  return url.origin;
}

/** @returns null in development without BETTER_AUTH_SECRET. Production requires it. */
function authSecrets(env: Env, production: boolean): Secrets | null {
  const value = textSetting(env, 'BETTER_AUTH_SECRET');
  if (value === null) {
    if (production)
      return refuseSetting(
        'BETTER_AUTH_SECRET',
        'nothing',
        `a random secret of ${secretMinLength}+ characters`,
      );
    return null;
  }
  const [newest = '', ...older] = value.split(',').map((secret) => secret.trim());
  if (older.length === 0) {
    if (!production) return [newest];
    checkSecret(newest, 'in production');
    refusePlaceholder(newest);
    return [newest];
  }
  const secrets: Secrets = [newest, ...older];
  for (const secret of secrets) {
    checkSecret(secret, 'for each of several, which commas separate');
    if (production) refusePlaceholder(secret);
  }
  if (new Set(secrets).size === secrets.length) return secrets;
  return refuseSetting('BETTER_AUTH_SECRET', 'the same secret twice', 'different ones, the newest first');
}

function checkSecret(secret: string, where: string): void {
  const length = [...secret].length;
  if (length >= secretMinLength) return;
  refuseSetting('BETTER_AUTH_SECRET', `${length} characters`, `at least ${secretMinLength} ${where}`);
}

function refusePlaceholder(secret: string): void {
  if (!placeholders.test(secret) && new Set(secret).size >= 8) return;
  refuseSetting('BETTER_AUTH_SECRET', 'a placeholder', 'a random secret, e.g. from: openssl rand -base64 32');
}

function generatedSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  try {
    if (!existsSync(file)) {
      prepareDataDir(dataDir);
      createFileOnce(file, randomBytes(32).toString('base64url'));
    }
    chmodSync(file, 0o600);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= secretMinLength) return secret;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return refuseSetting(
      'DATA_DIR',
      `${JSON.stringify(dataDir)} (${reason})`,
      'a directory this user can write to',
    );
  }
  return refuseSetting(
    'DATA_DIR',
    `a damaged secret in ${JSON.stringify(file)}`,
    'the file whole, or removed to make a new one',
  );
}

/** With `iss` alone, tokens for other services would be accepted; with `aud` alone, tokens of other issuers. */
const claimHint =
  'the value that tokens minted elsewhere carry (JWT_ISSUER and JWT_AUDIENCE: both or neither in production, both with JWKS_URL)';

/** Requires https in production: a manipulated JWK set would allow signing tokens for every user. */
function jwksUrlSetting(env: Env, production: boolean): string | null {
  const value = textSetting(env, 'JWKS_URL');
  if (value === null) return null;
  const url = parseUrl(value);
  const wants = 'a URL such as https://auth.example.com/api/auth/jwks';
  if (url === null || !isHttp(url) || hasCredentials(url))
    return refuseSetting('JWKS_URL', redacted(value), wants);
  if (production && url.protocol === 'http:' && !isLoopback(url))
    return refuseSetting('JWKS_URL', JSON.stringify(value), 'https in production');
  return url.href;
}
