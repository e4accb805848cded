import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareDataDir } from './db/embedded/data-dir.ts';
import { createOnce } from './db/embedded/files.ts';
import { StartError } from './errors.ts';

/** Everything the process is told from outside, checked once and frozen. */
export interface Config {
  readonly production: boolean;
  readonly http: { readonly host: string; readonly port: number };
  readonly database: { readonly url: string | null; readonly poolMax: number };
  readonly dataDir: string;
  readonly auth: {
    readonly secret: string;
    /** Public base URL without a trailing slash; issuer and audience of this server's own tokens. */
    readonly baseUrl: string;
    readonly issuer: string | null;
    readonly audience: string | null;
    /** How far ahead of now a token's `exp` may lie. */
    readonly maxAgeSeconds: number;
  };
  readonly allowedOrigins: readonly string[];
  readonly logLevel: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const secretMinLength = 32;
const placeholders = /secret|change.?me|placeholder|example|password|your.?key|^test/i;
const sslModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];
const environments = ['production', 'development', 'test'];
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** One line: the variable, what it got (never for secrets) and what it wants. */
function refuse(name: string, got: string, wants: string): never {
  throw new StartError(`${name}: got ${got}, wants ${wants}`);
}

function text(env: Env, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

function integer(env: Env, name: string, fallback: number, min: number, max: number): number {
  const value = text(env, name);
  if (value === null) return fallback;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  return refuse(name, JSON.stringify(value), `a whole number from ${min} to ${max}`);
}

function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

function databaseUrl(env: Env): string | null {
  const value = text(env, 'DATABASE_URL');
  if (value === null) return null;
  const url = parseUrl(value);
  const wants = 'postgresql://user:password@host:port/database';
  if (url === null) return refuse('DATABASE_URL', 'something that is not a URL', wants);
  if (!['postgres:', 'postgresql:'].includes(url.protocol)) {
    return refuse('DATABASE_URL', `the scheme ${JSON.stringify(url.protocol)}`, wants);
  }
  if (url.pathname.length < 2) return refuse('DATABASE_URL', 'no database name', wants);
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return refuse('DATABASE_URL', 'a user or password with a stray %', 'percent-encoding, % itself as %25');
  }
  checkTls(url);
  return value;
}

function checkTls({ searchParams }: URL): void {
  const mode = searchParams.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) {
    refuse('DATABASE_URL', `sslmode=${JSON.stringify(mode)}`, `sslmode of ${sslModes.join(', ')}`);
  }
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const file = searchParams.get(name);
    if (file === null) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch {
      refuse('DATABASE_URL', `${name}=${JSON.stringify(file)}`, 'a file that can be read');
    }
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function baseUrl(env: Env, host: string, port: number): string {
  const value = text(env, 'BETTER_AUTH_URL');
  if (value === null) {
    const derived = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
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

const isHttp = (url: URL) => url.protocol === 'http:' || url.protocol === 'https:';

function allowedOrigins(env: Env): string[] {
  const value = text(env, 'ALLOWED_ORIGINS') ?? 'http://localhost:3000';
  return value.split(',').map((part) => {
    const origin = part.trim();
    const url = parseUrl(origin);
    // A host may hold a `*`, which Better Auth would take for a pattern.
    if (url !== null && isHttp(url) && url.origin === origin && !origin.includes('*')) return origin;
    return refuse(
      'ALLOWED_ORIGINS',
      JSON.stringify(origin),
      'comma-separated exact origins such as https://app.example.com (no *, no path, no trailing slash)',
    );
  });
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

function isProduction(env: Env): boolean {
  const environment = text(env, 'NODE_ENV') ?? 'development';
  if (environments.includes(environment)) return environment === 'production';
  return refuse('NODE_ENV', JSON.stringify(environment), `${environments.join(', ')} or nothing`);
}

/** Issuer 3 of the contract: taken in silence, its tokens would be refused without a hint. */
function refuseRemoteIssuer(env: Env): void {
  if (text(env, 'JWKS_URL') !== null)
    refuse('JWKS_URL', 'a value', 'nothing: remote issuers are not there yet');
}

function logLevel(env: Env): string {
  const level = text(env, 'LOG_LEVEL') ?? 'info';
  return logLevels.includes(level) ? level : refuse('LOG_LEVEL', JSON.stringify(level), logLevels.join(', '));
}

/**
 * Reads and checks the settings (contract: README, "Configuration").
 * @throws StartError with one line that names the variable, what it got and what it wants.
 */
export function readConfig(env: Env = process.env): Config {
  const production = isProduction(env);
  refuseRemoteIssuer(env);
  const host = text(env, 'HOST') ?? '127.0.0.1';
  const port = integer(env, 'PORT', 8000, 0, 65535);
  const dataDir = resolve(text(env, 'DATA_DIR') ?? 'data');
  const poolSize = integer(env, 'DATABASE_POOL_SIZE', 5, 1, 90);
  const poolOverflow = integer(env, 'DATABASE_POOL_OVERFLOW', 10, 0, 90);
  const poolMax = poolSize + poolOverflow;
  // Two: the signing key is made under a lock that takes a connection of its own.
  if (poolMax < 2 || poolMax > 90) {
    refuse('DATABASE_POOL_SIZE', `${poolSize} + ${poolOverflow} overflow`, 'a sum of 2 to 90 connections');
  }
  return Object.freeze({
    production,
    http: Object.freeze({ host, port }),
    database: Object.freeze({ url: databaseUrl(env), poolMax }),
    allowedOrigins: Object.freeze(allowedOrigins(env)),
    logLevel: logLevel(env),
    auth: Object.freeze({
      baseUrl: baseUrl(env, host, port),
      issuer: required(env, 'JWT_ISSUER', production),
      audience: required(env, 'JWT_AUDIENCE', production),
      maxAgeSeconds: integer(env, 'JWT_MAX_AGE_SECONDS', 604_800, 60, 31_536_000),
      secret: authSecret(env, production, dataDir),
    }),
    dataDir,
  });
}
