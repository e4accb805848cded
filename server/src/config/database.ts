import { accessSync, constants } from 'node:fs';
import { type DatabaseUrl, databaseKeyOf, parseDatabaseUrl } from './database-url.ts';
import {
  collectFaults,
  type Env,
  integerSetting,
  isDecodable,
  readGroup,
  refuseSetting,
  textSetting,
} from './values.ts';

const sslModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];

export interface DatabaseSettings {
  readonly url: string | null;
  /** The same database without the pooler, for LISTEN; null: use `url`. */
  readonly directUrl: string | null;
  /** Maximum of connections, 2 to 90. */
  readonly poolMax: number;
  /** A streaming standby for reads. */
  readonly replica: ReplicaSettings | null;
}

export interface ReplicaSettings {
  readonly url: string;
  readonly poolMax: number;
}

export function databaseSettings(env: Env, production: boolean): DatabaseSettings {
  return readGroup<DatabaseSettings>({
    url: () => primaryUrl(env, production),
    directUrl: () => directUrl(env),
    poolMax: () => poolMax(env),
    replica: () => replicaSettings(env),
  });
}

/** An empty DATABASE_URL is refused in production: after a failed secret store it would start a new, empty database. */
function primaryUrl(env: Env, production: boolean): string | null {
  const url = databaseUrl(env, 'DATABASE_URL');
  if (production && url === null && env.DATABASE_URL !== undefined)
    return refuseSetting(
      'DATABASE_URL',
      'nothing',
      'a URL, or in production not to be set for the embedded PostgreSQL',
    );
  return url;
}

function directUrl(env: Env): string | null {
  const url = databaseUrl(env, 'DATABASE_DIRECT_URL');
  if (url !== null && textSetting(env, 'DATABASE_URL') === null)
    refuseSetting('DATABASE_DIRECT_URL', 'a URL', 'DATABASE_URL beside it, which names the same database');
  return url;
}

function replicaSettings(env: Env): ReplicaSettings | null {
  const { url, poolMax } = readGroup<{ url: string | null; poolMax: number }>({
    url: () => databaseUrl(env, 'DATABASE_REPLICA_URL'),
    poolMax: () => integerSetting(env, 'DATABASE_REPLICA_POOL_SIZE', 5, 1, 90),
  });
  if (url === null) return null;
  const primaryUrl = textSetting(env, 'DATABASE_URL');
  if (primaryUrl === null)
    refuseSetting('DATABASE_REPLICA_URL', 'a URL', 'DATABASE_URL beside it, which names its primary');
  checkReplica(url, primaryUrl);
  return Object.freeze({ url, poolMax });
}

/** With several hosts both URLs may list the same ones: one of them is the primary, another the replica. */
function checkReplica(url: string, primaryUrl: string): void {
  const replica = parseNamed('DATABASE_REPLICA_URL', url);
  if (['read-write', 'primary'].includes(replica.target))
    refuseSetting(
      'DATABASE_REPLICA_URL',
      `target_session_attrs=${JSON.stringify(replica.target)}`,
      'target_session_attrs=standby, as a replica takes no writes',
    );
  // Faults of DATABASE_URL are reported for that variable.
  const primary = collectFaults(
    new Set(),
    () => parseNamed('DATABASE_URL', primaryUrl),
    () => null,
  );
  if (
    replica.urls.length === 1 &&
    primary?.urls.length === 1 &&
    databaseKeyOf(replica.urls[0]) === databaseKeyOf(primary.urls[0])
  )
    refuseSetting('DATABASE_REPLICA_URL', 'the URL of DATABASE_URL', 'the URL of a replica of that server');
}

const parseNamed = (name: string, value: string): DatabaseUrl =>
  parseDatabaseUrl(value, (got, wants) => refuseSetting(name, got, wants));

function poolMax(env: Env): number {
  const { poolSize, poolOverflow } = readGroup({
    poolSize: () => integerSetting(env, 'DATABASE_POOL_SIZE', 5, 1, 90),
    poolOverflow: () => integerSetting(env, 'DATABASE_POOL_OVERFLOW', 10, 0, 90),
  });
  const sum = poolSize + poolOverflow;
  // At least two: creating the signing key holds one connection while another one is used.
  if (sum >= 2 && sum <= 90) return sum;
  return refuseSetting(
    'DATABASE_POOL_SIZE',
    `${poolSize} + ${poolOverflow} overflow`,
    'a sum of 2 to 90 connections',
  );
}

function databaseUrl(env: Env, name: string): string | null {
  const value = textSetting(env, name);
  if (value === null) return null;
  const { urls } = parseNamed(name, value);
  for (const url of urls) checkUrl(name, url);
  return value;
}

function checkUrl(name: string, url: URL): void {
  const wants = 'postgresql://user:password@host:port/database';
  if (!['postgres:', 'postgresql:'].includes(url.protocol))
    refuseSetting(name, `the scheme ${JSON.stringify(url.protocol)}`, wants);
  if (url.pathname.length < 2) refuseSetting(name, 'no database name', wants);
  if (!isDecodable(url.username) || !isDecodable(url.password))
    refuseSetting(name, 'a user or password with a stray %', 'percent-encoding, % itself as %25');
  if (!isDecodable(url.hostname)) refuseSetting(name, 'a host with a stray %', wants);
  checkTls(name, url);
}

function checkTls(variable: string, { searchParams }: URL): void {
  const mode = searchParams.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) {
    refuseSetting(variable, `sslmode=${JSON.stringify(mode)}`, `sslmode of ${sslModes.join(', ')}`);
  }
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const file = searchParams.get(name);
    if (file === null) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch {
      refuseSetting(variable, `${name}=${JSON.stringify(file)}`, 'a file that can be read');
    }
  }
}
