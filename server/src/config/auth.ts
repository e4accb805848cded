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

/** The first signs and encrypts; what an older one signed or encrypted is still known. */
export type Secrets = readonly [string, ...string[]];

export interface AuthSettings {
  readonly secrets: Secrets;
  /** Public base URL without a trailing slash; issuer and audience of this server's own tokens. */
  readonly baseUrl: string;
  readonly issuer: string | null;
  readonly audience: string | null;
  /**
   * Whether tokens that others sign with the secret are accepted: in production, only with issuer and
   * audience.
   */
  readonly acceptsHs256: boolean;
  /** Where another server publishes the keys of its tokens. */
  readonly jwksUrl: string | null;
  /** How far ahead of now a token's `exp` may lie. */
  readonly maxAgeSeconds: number;
  readonly registration: RegistrationMode;
}

/** Who may make an account: anybody, nobody, or whoever has an invitation to the address. Admins may always. */
export type RegistrationMode = (typeof registrationModes)[number];

const registrationModes = ['open', 'closed', 'invite'] as const;

const secretMinLength = 32;
const placeholders = /secret|change.?me|placeholder|example|password|your.?key|^test/i;

/** `secrets` is null where one has to be made, which `withSecrets` does. */
export type AuthSettingsWithoutSecret = Omit<AuthSettings, 'secrets'> & { readonly secrets: Secrets | null };

export function authSettings(env: Env, http: HttpSettings, production: boolean): AuthSettingsWithoutSecret {
  const [issuer, audience] = [textSetting(env, 'JWT_ISSUER'), textSetting(env, 'JWT_AUDIENCE')];
  const isHalf = production && (issuer === null) !== (audience === null);
  const areRequired = isHalf || textSetting(env, 'JWKS_URL') !== null;
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

/** Makes the secret of a development server, when it has none: to be called once nothing else is wrong. */
export const withSecrets = (auth: AuthSettingsWithoutSecret, dataDir: string): AuthSettings =>
  Object.freeze({ ...auth, secrets: auth.secrets ?? Object.freeze([generatedSecret(dataDir)] as const) });

function registration(env: Env): RegistrationMode {
  const value = textSetting(env, 'REGISTRATION') ?? 'open';
  const found = registrationModes.find((one) => one === value);
  return found ?? refuseSetting('REGISTRATION', JSON.stringify(value), registrationModes.join(', '));
}

function baseUrl(env: Env, { port, tls }: HttpSettings): string {
  const value = textSetting(env, 'BETTER_AUTH_URL');
  // By name, as front ends on this machine are: to a browser, pages on `localhost` and `127.0.0.1` are two sites.
  if (value === null) return new URL(`${tls === null ? 'http' : 'https'}://localhost:${port}`).origin;
  const url = parseUrl(value);
  if (url === null || !isHttp(url) || url.origin !== value.replace(/\/$/, '')) {
    return refuseSetting('BETTER_AUTH_URL', redacted(value), 'an origin such as https://api.example.com');
  }
  return url.origin;
}

/** The secret of a development server is made once and kept; production has to bring its own. */
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

/** One without the other would let tokens in that are meant for another service, or come from another. */
const claimHint =
  'the value that tokens minted elsewhere carry (JWT_ISSUER and JWT_AUDIENCE: both or neither in production, both with JWKS_URL)';

/** Whoever could change the answer on its way could sign tokens for every user. */
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
