import { accessSync, constants } from 'node:fs';
import { type Env, integer, isDecodable, parseUrl, refuse, text } from './values.ts';

const sslModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];

export interface DatabaseSettings {
  readonly url: string | null;
  readonly poolMax: number;
}

export function databaseSettings(env: Env): DatabaseSettings {
  return Object.freeze({ url: databaseUrl(env), poolMax: poolMax(env) });
}

function poolMax(env: Env): number {
  const poolSize = integer(env, 'DATABASE_POOL_SIZE', 5, 1, 90);
  const poolOverflow = integer(env, 'DATABASE_POOL_OVERFLOW', 10, 0, 90);
  const sum = poolSize + poolOverflow;
  // Two: the signing key is made under a lock that takes a connection of its own.
  if (sum >= 2 && sum <= 90) return sum;
  return refuse(
    'DATABASE_POOL_SIZE',
    `${poolSize} + ${poolOverflow} overflow`,
    'a sum of 2 to 90 connections',
  );
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
