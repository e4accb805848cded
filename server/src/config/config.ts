import { resolve } from 'node:path';
import { type AuthSettings, authSettings, withSecrets } from './auth.ts';
import { type CacheSettings, cacheSettings } from './cache.ts';
import { type DatabaseSettings, databaseSettings } from './database.ts';
import { loadEnvFile } from './env-file.ts';
import { type HttpSettings, httpSettings } from './http.ts';
import { type LimitSettings, limitSettings } from './limits.ts';
import { type MailSettings, mailSettings } from './mail.ts';
import { type MetricsSettings, metricsSettings } from './metrics.ts';
import { type RetentionSettings, retentionSettings } from './retention.ts';
import { collectFaults, type Env, readGroup, refuseFaults, refuseSetting, textSetting } from './values.ts';
import { workerCount } from './workers.ts';

/** Everything the process is told from outside, checked once and frozen. */
export interface Config {
  readonly production: boolean;
  /** How many processes serve. */
  readonly workers: number;
  readonly http: HttpSettings;
  readonly database: DatabaseSettings;
  readonly dataDir: string;
  readonly auth: AuthSettings;
  readonly limits: LimitSettings;
  readonly mail: MailSettings;
  readonly cache: CacheSettings;
  readonly retention: RetentionSettings;
  readonly metrics: MetricsSettings;
  readonly logLevel: string;
}

const environments = ['production', 'development', 'test'];
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function isProduction(env: Env): boolean {
  const environment = textSetting(env, 'NODE_ENV') ?? 'development';
  if (environments.includes(environment)) return environment === 'production';
  return refuseSetting('NODE_ENV', JSON.stringify(environment), `${environments.join(', ')} or nothing`);
}

function logLevel(env: Env): string {
  const level = textSetting(env, 'LOG_LEVEL') ?? 'info';
  return logLevels.includes(level)
    ? level
    : refuseSetting('LOG_LEVEL', JSON.stringify(level), logLevels.join(', '));
}

/** Adds what `.env` in the working directory sets. @throws StartError with a line for each that cannot be read. */
export const loadEnvironment = (): void => loadEnvFile('.env', process.env);

/**
 * Reads and checks the settings (docs/operations/configuration.md); this folder has one file for each group.
 * @throws StartError with a line for each that is wrong: the variable, what it got and what it wants. Nothing is made
 * then.
 */
export function readConfig(env: Env = process.env): Config {
  const faults = new Set<string>();
  // Where a group is wrong, its defaults stand in for the checks of those that depend on it.
  const production = collectFaults(
    faults,
    () => isProduction(env),
    () => false,
  );
  const http = collectFaults(
    faults,
    () => httpSettings(env),
    () => httpSettings({}),
  );
  const database = collectFaults(
    faults,
    () => databaseSettings(env, production),
    // Any number of workers has connections in it: what is wrong of them is told once.
    () => ({ ...databaseSettings({}, false), poolMax: 90 }),
  );
  const auth = collectFaults(
    faults,
    () => authSettings(env, http, production),
    () => authSettings({}, http, false),
  );
  const others = collectFaults(
    faults,
    () => otherSettings(env, database),
    () => otherSettings({}, database),
  );
  refuseFaults(faults);
  const dataDir = resolve(textSetting(env, 'DATA_DIR') ?? 'data');
  return Object.freeze({ production, http, database, dataDir, auth: withSecrets(auth, dataDir), ...others });
}

type Others = Omit<Config, 'production' | 'http' | 'database' | 'dataDir' | 'auth'>;

const otherSettings = (env: Env, database: DatabaseSettings) =>
  readGroup<Others>({
    workers: () => workerCount(env, database),
    limits: () => limitSettings(env),
    mail: () => mailSettings(env),
    cache: () => cacheSettings(env),
    retention: () => retentionSettings(env),
    metrics: () => metricsSettings(env),
    logLevel: () => logLevel(env),
  });
