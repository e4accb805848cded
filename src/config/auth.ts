import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDataDir } from '../db/embedded/data-dir.ts';
import { createOnce } from '../db/embedded/files.ts';
import { StartError } from '../errors.ts';
import type { HttpSettings } from './http.ts';
import { type Env, integer, isHttp, parseUrl, refuse, text } from './values.ts';

export interface AuthSettings {
  readonly secret: string;
  /** Public base URL without a trailing slash; issuer and audience of this server's own tokens. */
  readonly baseUrl: string;
  readonly issuer: string | null;
  readonly audience: string | null;
  /** How far ahead of now a token's `exp` may lie. */
  readonly maxAgeSeconds: number;
}

const secretMinLength = 32;
const placeholders = /secret|change.?me|placeholder|example|password|your.?key|^test/i;

export function authSettings(
  env: Env,
  http: HttpSettings,
  production: boolean,
  dataDir: string,
): AuthSettings {
  refuseRemoteIssuer(env);
  return Object.freeze({
    baseUrl: baseUrl(env, http),
    issuer: required(env, 'JWT_ISSUER', production),
    audience: required(env, 'JWT_AUDIENCE', production),
    maxAgeSeconds: integer(env, 'JWT_MAX_AGE_SECONDS', 604_800, 60, 31_536_000),
    secret: authSecret(env, production, dataDir),
  });
}

function baseUrl(env: Env, { host, port, tls }: HttpSettings): string {
  const value = text(env, 'BETTER_AUTH_URL');
  if (value === null) {
    const derived = `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return URL.canParse(derived)
      ? derived
      : refuse('HOST', JSON.stringify(host), 'a host name or an IP address');
  }
  const url = parseUrl(value);
  if (url === null || !isHttp(url) || url.origin !== value.replace(/\/$/, '')) {
    return refuse('BETTER_AUTH_URL', JSON.stringify(value), 'an origin such as https://api.example.com');
  }
  return url.origin;
}

/** The secret of a development server is made once and kept; production has to bring its own. */
function authSecret(env: Env, production: boolean, dataDir: string): string {
  const value = text(env, 'BETTER_AUTH_SECRET');
  if (value === null) {
    if (production)
      return refuse('BETTER_AUTH_SECRET', 'nothing', `a random secret of ${secretMinLength}+ characters`);
    return generatedSecret(dataDir);
  }
  const length = [...value].length;
  if (production && length < secretMinLength) {
    return refuse('BETTER_AUTH_SECRET', `${length} characters`, `at least ${secretMinLength} in production`);
  }
  if (production && (placeholders.test(value) || new Set(value).size < 8)) {
    return refuse(
      'BETTER_AUTH_SECRET',
      'a placeholder',
      'a random secret, e.g. from: openssl rand -base64 32',
    );
  }
  return value;
}

function generatedSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  try {
    if (!existsSync(file)) {
      prepareDataDir(dataDir);
      createOnce(file, randomBytes(32).toString('base64url'));
    }
    chmodSync(file, 0o600);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= secretMinLength) return secret;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return refuse('DATA_DIR', `${JSON.stringify(dataDir)} (${reason})`, 'a directory this user can write to');
  }
  return refuse(
    'DATA_DIR',
    `a damaged secret in ${JSON.stringify(file)}`,
    'the file whole, or removed to make a new one',
  );
}

function required(env: Env, name: string, production: boolean): string | null {
  const value = text(env, name);
  if (value === null && production) {
    return refuse(
      name,
      'nothing',
      'the value that tokens signed with BETTER_AUTH_SECRET carry (required in production)',
    );
  }
  return value;
}

/** Issuer 3 of the contract: taken in silence, its tokens would be refused without a hint. */
function refuseRemoteIssuer(env: Env): void {
  if (text(env, 'JWKS_URL') !== null)
    refuse('JWKS_URL', 'a value', 'nothing: remote issuers are not there yet');
}
