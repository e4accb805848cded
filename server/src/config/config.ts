import { resolve } from 'node:path';
import { type AuthSettings, authSettings, withSecrets } from './auth.ts';
import { type BackupSettings, backupSettings } from './backup.ts';
import { type CacheSettings, cacheSettings } from './cache.ts';
import { type DatabaseSettings, databaseSettings } from './database.ts';
import { loadEnvFile } from './env-file.ts';
import { type ErasureSettings, erasureSettings } from './erasure.ts';
import { type FlagSettings, flagSettings } from './flags.ts';
import { type HttpSettings, httpSettings } from './http.ts';
import { type LimitSettings, limitSettings } from './limits.ts';
import { type MailSettings, mailSettings } from './mail.ts';
import { type MetricsSettings, metricsSettings } from './metrics.ts';
import { type RetentionSettings, retentionSettings } from './retention.ts';
import { type SenderSettings, senderSettings } from './senders.ts';
import { type TracingSettings, tracingSettings } from './tracing.ts';
import { collectFaults, type Env, readGroup, refuseFaults, refuseSetting, textSetting } from './values.ts';
import {
  type DeliveryWorkerPlace,
  deliveryWorkerPlace,
  shutdownSeconds,
  workerCount,
  workerTimeoutSeconds,
} from './workers.ts';

/** All settings, checked once and frozen. */
export interface Config {
  readonly production: boolean;
  /** Number of processes that serve; 1: no workers. */
  readonly workers: number;
  readonly workerTimeoutSeconds: number;
  readonly shutdownSeconds: number;
  readonly deliveryWorker: DeliveryWorkerPlace;
  readonly http: HttpSettings;
  readonly database: DatabaseSettings;
  /** Absolute. */
  readonly dataDir: string;
  readonly erasure: ErasureSettings;
  readonly auth: AuthSettings;
  readonly limits: LimitSettings;
  readonly mail: MailSettings;
  readonly senders: SenderSettings;
  readonly flags: FlagSettings;
  readonly cache: CacheSettings;
  readonly retention: RetentionSettings;
  readonly metrics: MetricsSettings;
  /** Null: nothing is traced. */
  readonly tracing: TracingSettings | null;
  readonly backup: BackupSettings;
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

/**
 * Adds the variables of `.env` in the working directory to the environment.
 * @throws StartError with a line for each invalid one
 */
export const loadEnvironment = (): void => loadEnvFile('.env', process.env);

/**
 * Reads and checks the settings (docs/operations/configuration.md). Each group has a file in `config/`.
 * @throws StartError with a line for each wrong setting: `NAME: got …, wants …`. No file is created then.
 */
export function readConfig(env: Env = process.env): Config {
  const faults = new Set<string>();
  // A wrong group is replaced by its defaults, so that the groups that depend on it are still checked.
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
    // The largest pool, so that WEB_CONCURRENCY is not refused because of a wrong pool size.
    () => ({ ...databaseSettings({}, false), poolMax: 90 }),
  );
  const auth = collectFaults(
    faults,
    () => authSettings(env, http, production),
    () => authSettings({}, http, false),
  );
  const others = collectFaults(
    faults,
    () => otherSettings(env, database, production),
    () => otherSettings({}, database, false),
  );
  const dataDir = resolve(textSetting(env, 'DATA_DIR') ?? 'data');
  const erasure = collectFaults(
    faults,
    () => erasureSettings(env, dataDir, others.backup.target),
    () => erasureSettings({}, dataDir, null),
  );
  refuseFaults(faults);
  const withData = { dataDir, erasure, auth: withSecrets(auth, dataDir) };
  return Object.freeze({ production, http, database, ...withData, ...others });
}

type OtherSettings = Omit<Config, 'production' | 'http' | 'database' | 'dataDir' | 'erasure' | 'auth'>;

const otherSettings = (env: Env, database: DatabaseSettings, production: boolean) =>
  readGroup<OtherSettings>({
    workers: () => workerCount(env, database),
    workerTimeoutSeconds: () => workerTimeoutSeconds(env),
    shutdownSeconds: () => shutdownSeconds(env),
    deliveryWorker: () => deliveryWorkerPlace(env),
    limits: () => limitSettings(env),
    mail: () => mailSettings(env),
    senders: () => senderSettings(env, production),
    flags: () => flagSettings(env),
    cache: () => cacheSettings(env),
    retention: () => retentionSettings(env),
    metrics: () => metricsSettings(env),
    tracing: () => tracingSettings(env),
    backup: () => backupSettings(env),
    logLevel: () => logLevel(env),
  });
