import { resolve } from 'node:path';
import { type AuthSettings, authSettings } from './config/auth.ts';
import { type CacheSettings, cacheSettings } from './config/cache.ts';
import { type DatabaseSettings, databaseSettings } from './config/database.ts';
import { type HttpSettings, httpSettings } from './config/http.ts';
import { type LimitSettings, limitSettings } from './config/limits.ts';
import { type MailSettings, mailSettings } from './config/mail.ts';
import { type MetricsSettings, metricsSettings } from './config/metrics.ts';
import { type RetentionSettings, retentionSettings } from './config/retention.ts';
import { type Env, refuse, text } from './config/values.ts';
import { workerCount } from './config/workers.ts';

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
  const environment = text(env, 'NODE_ENV') ?? 'development';
  if (environments.includes(environment)) return environment === 'production';
  return refuse('NODE_ENV', JSON.stringify(environment), `${environments.join(', ')} or nothing`);
}

function logLevel(env: Env): string {
  const level = text(env, 'LOG_LEVEL') ?? 'info';
  return logLevels.includes(level) ? level : refuse('LOG_LEVEL', JSON.stringify(level), logLevels.join(', '));
}

/**
 * Reads and checks the settings (contract: README, "Configuration"); `config/` has one file for each group.
 * @throws StartError with one line that names the variable, what it got and what it wants.
 */
export function readConfig(env: Env = process.env): Config {
  const production = isProduction(env);
  const dataDir = resolve(text(env, 'DATA_DIR') ?? 'data');
  const http = httpSettings(env);
  const database = databaseSettings(env);
  const auth = authSettings(env, http, production, dataDir);
  return Object.freeze({
    production,
    workers: workerCount(env, database),
    http,
    database,
    dataDir,
    auth,
    limits: limitSettings(env),
    mail: mailSettings(env, http, auth.baseUrl),
    cache: cacheSettings(env),
    retention: retentionSettings(env),
    metrics: metricsSettings(env),
    logLevel: logLevel(env),
  });
}
