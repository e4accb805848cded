import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { startEmbedded } from '../../src/db/postgres/embedded.ts';
import { StartError } from '../../src/platform/errors.ts';
import { unprivilegedAccount } from '../../src/platform/unix-account.ts';
import { silentLog } from '../support/log.ts';

const secret = 'Vb7#kQ2-xT9mLw4.Zr8pNs3_Hd6yGf1u';
const newSecret = 'Rk4-tW9x_Qm2.Zp7sLc5+Hb8nVd3gYf6';
const remote = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
const databasePassword = 'hunter2-in-the-url';
const production = { NODE_ENV: 'production', BETTER_AUTH_SECRET: secret, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that any account can traverse. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-config-'));
  chmodSync(directory, 0o711);
  directories.push(directory);
  return directory;
}

/** Reads the settings with a secret, so that no secret file is written. */
const read = (env: Record<string, string> = {}): Config => readConfig({ BETTER_AUTH_SECRET: secret, ...env });

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new Error('these settings were taken');
}

describe('with nothing set', () => {
  test('the defaults are those of the README', () => {
    expect(read()).toEqual({
      production: false,
      workers: 1,
      workerTimeoutSeconds: 30,
      shutdownSeconds: 10,
      deliveryWorker: 'inside',
      http: {
        host: 'localhost',
        port: 8000,
        allowedOrigins: null,
        bulkMaxOperations: 100,
        keepAliveSeconds: 75,
        tls: null,
        trustedProxies: [],
        webDirectory: null,
      },
      database: { url: null, directUrl: null, poolMax: 15, replica: null },
      dataDir: resolve('data'),
      erasure: { path: resolve('data/erasures'), copy: null },
      auth: {
        secrets: [secret],
        jwksUrl: null,
        baseUrl: 'http://localhost:8000',
        issuer: null,
        audience: null,
        acceptsHs256: true,
        maxAgeSeconds: 604_800,
        registration: 'open',
      },
      limits: {
        perUser: { requests: 1200, seconds: 60 },
        perAddress: { requests: 3000, seconds: 60 },
        auth: { requests: 10, seconds: 60 },
        redisUrl: null,
      },
      mail: {
        smtp: null,
        from: 'no-reply@localhost',
        passwordResetUrl: null,
      },
      senders: { allowsLoopback: false, requiresHttps: false },
      backup: {
        target: null,
        dailyAtMinutes: 180,
        keepDays: 7,
        recipients: [],
        identityFile: null,
        walSeconds: 30,
        walLimitMb: 2048,
      },
      cache: { maxBytes: 67_108_864, serveStale: false },
      metrics: { token: null },
      tracing: null,
      flags: { import_http: 100, import_archives: 100, web_push: 100 },
      retention: { trashDays: 30, tombstoneDays: 90, deliveryDays: 30, sessionDays: 30, auditDays: null },
      logLevel: 'info',
    });
  });

  test('an empty or blank variable is one that is not set', () => {
    const blank = Object.fromEntries(
      ['PORT', 'HOST', 'DATABASE_URL', 'DATA_DIR', 'BETTER_AUTH_URL', 'ALLOWED_ORIGINS', 'JWT_ISSUER'].map(
        (name, index) => [name, ' '.repeat(index % 2)],
      ),
    );
    expect(read(blank)).toEqual(read());
  });
});

describe('good values are taken', () => {
  const good: [Record<string, string>, (config: Config) => unknown, unknown][] = [
    [{ PORT: '0' }, ({ http }) => http.port, 0],
    [{ PORT: '65535' }, ({ http }) => http.port, 65_535],
    [{ HOST: '0.0.0.0', PORT: '8080' }, ({ auth }) => auth.baseUrl, 'http://localhost:8080'],
    [{ PORT: '80' }, ({ auth }) => auth.baseUrl, 'http://localhost'],
    ...['::1', 'fe80::1%lo', '0.0.0.0', 'duly.internal'].map(
      (host): [Record<string, string>, (config: Config) => unknown, unknown] => [
        { HOST: host },
        ({ http }) => http.host,
        host,
      ],
    ),
    [{ DATABASE_URL: 'postgres://u:p@h/d' }, ({ database }) => database.url, 'postgres://u:p@h/d'],
    [
      { DATABASE_URL: ' postgresql://u:p@ep-x-pooler.neon.tech/d?sslmode=require ' },
      ({ database }) => database.url,
      'postgresql://u:p@ep-x-pooler.neon.tech/d?sslmode=require',
    ],
    [{ DATABASE_POOL_SIZE: '2', DATABASE_POOL_OVERFLOW: '0' }, ({ database }) => database.poolMax, 2],
    [{ DATABASE_POOL_SIZE: '45', DATABASE_POOL_OVERFLOW: '45' }, ({ database }) => database.poolMax, 90],
    [{ DATA_DIR: '/tmp/somewhere' }, ({ dataDir }) => dataDir, '/tmp/somewhere'],
    [{ DATA_DIR: 'here' }, ({ dataDir }) => dataDir, resolve('here')],
    [{ ERASURE_LOG: '/srv/erased' }, ({ erasure }) => erasure.path, '/srv/erased'],
    [{ BACKUP_DIRECTORY: '/b' }, ({ erasure }) => erasure.copy, { kind: 'directory', path: '/b' }],
    [{ SESSION_RETENTION_DAYS: '0' }, ({ retention }) => retention.sessionDays, 0],
    [{}, ({ retention }) => retention.auditDays, null],
    [{ AUDIT_RETENTION_DAYS: 'off' }, ({ retention }) => retention.auditDays, null],
    [{ AUDIT_RETENTION_DAYS: '365' }, ({ retention }) => retention.auditDays, 365],
    [{ BETTER_AUTH_URL: 'https://api.example.com/' }, ({ auth }) => auth.baseUrl, 'https://api.example.com'],
    [{ BETTER_AUTH_URL: 'http://[::1]:9000' }, ({ auth }) => auth.baseUrl, 'http://[::1]:9000'],
    [
      { ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173' },
      ({ http }) => http.allowedOrigins,
      ['https://a.example', 'http://localhost:5173'],
    ],
    ...[
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'app://-',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      'moz-extension://0f5a7a0e-5c1f-4f0a-9a39-3b1d1c1e8a11',
      'vscode-webview://1a2b3c',
    ].map((origin): [Record<string, string>, (config: Config) => unknown, unknown] => [
      { ALLOWED_ORIGINS: origin },
      ({ http }) => http.allowedOrigins,
      [origin],
    ]),
    ...['open', 'closed', 'invite'].map(
      (mode): [Record<string, string>, (config: Config) => unknown, unknown] => [
        { REGISTRATION: mode },
        ({ auth }) => auth.registration,
        mode,
      ],
    ),
    [{ JWT_ISSUER: 'https://front.example' }, ({ auth }) => auth.issuer, 'https://front.example'],
    [{ JWT_AUDIENCE: 'duly' }, ({ auth }) => auth.audience, 'duly'],
    [{ JWT_MAX_AGE_SECONDS: '60' }, ({ auth }) => auth.maxAgeSeconds, 60],
    [{ LOG_LEVEL: 'debug' }, ({ logLevel }) => logLevel, 'debug'],
    [production, (config) => config.production, true],
    [production, ({ auth }) => auth.acceptsHs256, true],
    [
      { NODE_ENV: 'production', BETTER_AUTH_SECRET: secret },
      ({ auth: { issuer, audience, acceptsHs256 } }) => [issuer, audience, acceptsHs256],
      [null, null, false],
    ],
    [{ BETTER_AUTH_SECRET: 'short' }, ({ auth }) => auth.secrets, ['short']],
    [
      { ...production, BETTER_AUTH_SECRET: `${newSecret} , ${secret}` },
      ({ auth }) => auth.secrets,
      [newSecret, secret],
    ],
    [
      { ...remote, JWKS_URL: 'http://auth.example/jwks' },
      ({ auth }) => auth.jwksUrl,
      'http://auth.example/jwks',
    ],
    ...[
      'https://auth.example/jwks',
      'http://127.0.0.1:3000/jwks',
      'http://localhost/jwks',
      'http://[::1]/jwks',
    ].map((url): [Record<string, string>, (config: Config) => unknown, unknown] => [
      { ...production, JWKS_URL: url },
      ({ auth }) => auth.jwksUrl,
      url,
    ]),
  ];
  test.each(good)('%j', (env, select, value) => {
    expect(select(read(env))).toEqual(value);
  });
});

describe('a bad value stops the start with one line that names the variable, what it got and what it wants', () => {
  const url = (text: string) => text.replace('PASSWORD', databasePassword);
  const bad: [name: string, value: string, got: string, wants: string][] = [
    ...['-1', '65536', '8e3', '80.5', '0x50', 'http', '99999999999999999999', '８０'].map(
      (value): [string, string, string, string] => ['PORT', value, JSON.stringify(value), '0 to 65535'],
    ),
    ['PORT', '80\n90', '"80\\n90"', '0 to 65535'],
    ['DATABASE_URL', url('PASSWORD'), 'not a URL', 'postgresql://'],
    ['DATABASE_URL', url('mysql://u:PASSWORD@h/d'), '"mysql:"', 'postgresql://'],
    ['DATABASE_URL', url('postgresql://u:PASSWORD@h'), 'no database name', 'postgresql://'],
    ['DATABASE_URL', url('postgresql://u:PASSWORD@h/'), 'no database name', 'postgresql://'],
    ['DATABASE_URL', url('postgresql://u:PASSWORD@h:99999/d'), 'not a URL', 'postgresql://'],
    ['DATABASE_POOL_SIZE', '0', '"0"', '1 to 90'],
    ['DATABASE_POOL_SIZE', 'five', '"five"', '1 to 90'],
    ['DATABASE_POOL_SIZE', '81', '81 + 10', '2 to 90'],
    ['DATABASE_POOL_OVERFLOW', '-1', '"-1"', '0 to 90'],
    ['DATABASE_POOL_OVERFLOW', '91', '"91"', '0 to 90'],
    ['BETTER_AUTH_URL', 'api.example.com', '"api.example.com"', 'https://api.example.com'],
    ['BETTER_AUTH_URL', 'https://api.example.com/api', '/api"', 'an origin'],
    ['BETTER_AUTH_URL', 'ftp://api.example.com', '"ftp:', 'an origin'],
    ['BETTER_AUTH_URL', 'https://a.example?x=1', '?x=1"', 'an origin'],
    ...[
      '*',
      'https://*.example.com',
      'https://a.example/',
      'https://a.example/x',
      'a.example',
      'null',
      'HTTPS://a.example',
      'file:///x',
      'file://host',
      'capacitor://localhost/',
      'capacitor://localhost/index.html',
      'CAPACITOR://localhost',
      'chrome-extension://*',
      'app:x',
      'app://',
      'javascript://a.example',
      'data://a',
      'ws://a.example',
    ].map((value): [string, string, string, string] => [
      'ALLOWED_ORIGINS',
      value,
      JSON.stringify(value),
      'exact origins',
    ]),
    ['ALLOWED_ORIGINS', 'https://a.example,', '""', 'exact origins'],
    ['ALLOWED_ORIGINS', 'https://a.example,*', '"*"', 'exact origins'],
    ['JWT_MAX_AGE_SECONDS', '59', '"59"', '60 to'],
    ['JWT_MAX_AGE_SECONDS', '7d', '"7d"', '60 to'],
    ['LOG_LEVEL', 'loud', '"loud"', 'debug'],
    ...['Closed', 'true', 'invited'].map((value): [string, string, string, string] => [
      'REGISTRATION',
      value,
      JSON.stringify(value),
      'open, closed, invite',
    ]),
    ['BETTER_AUTH_SECRET', `${secret},`, '0 characters', '32 for each of several'],
    ['BETTER_AUTH_SECRET', `${secret},${newSecret.slice(1)}`, '31 characters', '32 for each of several'],
    ['BETTER_AUTH_SECRET', `${secret},${newSecret},${secret}`, 'the same secret twice', 'newest first'],
    ['BETTER_AUTH_URL', url('https://u:PASSWORD@a.example'), 'credentials', 'an origin'],
    ['ALLOWED_ORIGINS', url('https://u:PASSWORD@a.example'), 'credentials', 'exact origins'],
    ['ALLOWED_ORIGINS', url('app://u:PASSWORD@a.example'), 'credentials', 'exact origins'],
    ['BETTER_AUTH_URL', url('https:u:PASSWORD@a.example'), 'credentials', 'an origin'],
    ['BETTER_AUTH_URL', url('//u:PASSWORD@a.example'), 'credentials', 'an origin'],
    ['JWKS_URL', 'auth.example.com', '"auth.example.com"', 'https://auth.example.com'],
    ['JWKS_URL', 'file:///etc/passwd', '"file:///etc/passwd"', 'https://auth.example.com'],
    ['JWKS_URL', url('https://u:PASSWORD@auth.example/jwks'), 'credentials', 'https://auth.example.com'],
  ];
  test.each(bad)('%s=%j', (name, value, got, wants) => {
    const message = refusal({ BETTER_AUTH_SECRET: secret, ...remote, [name]: value });
    expect(message.startsWith(`${name}: got `)).toBe(true);
    const [before, after] = message.split(', wants ');
    expect(before).toContain(got);
    expect(after).toContain(wants);
    expect(message).not.toMatch(/[\n\r]/);
    expect(message).not.toContain(secret);
    expect(message).not.toContain(databasePassword);
  });

  test.each(['JWT_ISSUER', 'JWT_AUDIENCE'])('JWKS_URL without %s', (name) => {
    const env = { BETTER_AUTH_SECRET: secret, ...remote, JWKS_URL: 'https://auth.example/jwks', [name]: '' };
    expect(refusal(env)).toMatch(new RegExp(`^${name}: got nothing, wants .* with JWKS_URL\\)$`));
  });

  test('a pool of one connection, which could not even start', () => {
    const pool = { DATABASE_POOL_SIZE: '1', DATABASE_POOL_OVERFLOW: '0' };
    const message = refusal({ BETTER_AUTH_SECRET: secret, ...pool });
    expect(message).toBe('DATABASE_POOL_SIZE: got 1 + 0 overflow, wants a sum of 2 to 90 connections');
  });

  test.each(['', 'with a\nline break'])('DATA_DIR that is no directory: %j', (name) => {
    const file = join(temporaryDirectory(), `file${name}`);
    writeFileSync(file, '');
    const message = refusal({ DATA_DIR: join(file, 'data') });
    expect(message).toMatch(/^DATA_DIR: got ".*" \((ENOTDIR|EEXIST)\), wants .*$/);
  });
});

describe('in production', () => {
  test.each([
    ['BETTER_AUTH_SECRET', undefined, 'nothing'],
    ['BETTER_AUTH_SECRET', '', 'nothing'],
    ['BETTER_AUTH_SECRET', secret.slice(0, 31), '31 characters'],
    ['BETTER_AUTH_SECRET', `change-me-${secret}`, 'a placeholder'],
    ['BETTER_AUTH_SECRET', `your-secret-${secret}`, 'a placeholder'],
    ['BETTER_AUTH_SECRET', 'x'.repeat(64), 'a placeholder'],
    ['BETTER_AUTH_SECRET', `${newSecret},change-me-${secret}`, 'a placeholder'],
    ['JWKS_URL', 'http://auth.example/jwks', '"http://auth.example/jwks"'],
    ['JWKS_URL', 'http://127.0.0.1.evil.example/jwks', '"http://127.0.0.1.evil.example/jwks"'],
    ['JWT_ISSUER', undefined, 'nothing'],
    ['JWT_AUDIENCE', ' ', 'nothing'],
  ])('%s=%s is refused', (name, value, got) => {
    const { [name]: _, ...rest } = production as Record<string, string>;
    const message = refusal(value === undefined ? rest : { ...rest, [name]: value });
    expect(message.startsWith(`${name}: got ${got}, wants `)).toBe(true);
    expect(message).not.toMatch(/[\n\r]/);
    expect(message).not.toContain(secret.slice(0, 31));
  });
});

describe('the generated secret', () => {
  const mode = (path: string) => statSync(path).mode & 0o777;

  test('is made once, kept over restarts, and only its owner can read it', () => {
    const dataDir = join(temporaryDirectory(), 'deep', 'data');
    const first = readConfig({ DATA_DIR: dataDir }).auth.secrets[0];
    const file = join(dataDir, 'secret');
    expect(first.length).toBeGreaterThanOrEqual(43);
    expect(readFileSync(file, 'utf8')).toBe(first);
    expect(mode(file)).toBe(0o600);
    chmodSync(file, 0o644);
    expect(readConfig({ DATA_DIR: dataDir }).auth.secrets[0]).toBe(first);
    expect(mode(file)).toBe(0o600);
    expect(readConfig({ DATA_DIR: join(temporaryDirectory(), 'other') }).auth.secrets[0]).not.toBe(first);
  });

  test('that is damaged stops the start and is not said', () => {
    const dataDir = temporaryDirectory();
    writeFileSync(join(dataDir, 'secret'), 'half-a-secret');
    const message = refusal({ DATA_DIR: dataDir });
    expect(message).toMatch(/^DATA_DIR: got a damaged secret in .*, wants .*$/);
    expect(message).not.toContain('half-a-secret');
  });

  test('is not made when one is given', () => {
    const dataDir = join(temporaryDirectory(), 'data');
    read({ DATA_DIR: dataDir });
    expect(() => statSync(dataDir)).toThrow('ENOENT');
  });

  test('leaves room in DATA_DIR for a database that root has to hand to another account', async () => {
    const dataDir = join(temporaryDirectory(), 'data');
    readConfig({ DATA_DIR: dataDir });
    const account = unprivilegedAccount();
    expect(mode(dataDir)).toBe(account === undefined ? 0o700 : 0o710);
    if (account !== undefined) expect(statSync(dataDir).gid).toBe(account.gid);
    const server = await startEmbedded({ dataDir, log: silentLog });
    await server.stop();
    expect(server.clusterDirectory).toBe(join(dataDir, 'postgres'));
  });

  test('leaves the mode of a directory that was there before alone', () => {
    const dataDir = join(temporaryDirectory(), 'data');
    mkdirSync(dataDir, { mode: 0o750 });
    readConfig({ DATA_DIR: dataDir });
    expect(mode(dataDir)).toBe(0o750);
  });
});

describe('several faults', () => {
  test('are told at once, a line each, and nothing is made', () => {
    const dataDir = join(temporaryDirectory(), 'new');
    const lines = refusal({
      DATA_DIR: dataDir,
      PORT: 'eighty',
      ALLOWED_ORIGINS: 'https://a.example/',
      TLS_CERT: '/nowhere/cert.pem',
      TLS_KEY: '/nowhere/key.pem',
      DATABASE_POOL_SIZE: '0',
      DATABASE_POOL_OVERFLOW: '91',
      DATABASE_REPLICA_URL: 'postgres://h/d',
      BETTER_AUTH_URL: 'api.example.com',
      JWKS_URL: 'https://auth.example.com/jwks',
      RATE_LIMIT_PER_USER: '0/60',
      REDIS_URL: 'http://h',
      REGISTRATION: 'members',
      SMTP_URL: 'smtp://',
      PASSWORD_RESET_URL: 'reset',
      SERVE_STALE: 'yes',
      TRASH_RETENTION_DAYS: '0',
      METRICS_TOKEN: 'short',
      LOG_LEVEL: 'loud',
      WEB_CONCURRENCY: '0',
    }).split('\n');
    const named = lines.map((line) => line.split(':', 1)[0]);
    expect(named.toSorted()).toEqual(
      [
        ...['PORT', 'ALLOWED_ORIGINS', 'TLS_CERT', 'TLS_KEY', 'DATABASE_POOL_SIZE', 'DATABASE_POOL_OVERFLOW'],
        ...['DATABASE_REPLICA_URL', 'BETTER_AUTH_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'RATE_LIMIT_PER_USER'],
        ...[
          'REDIS_URL',
          'REGISTRATION',
          'SMTP_URL',
          'MAIL_FROM',
          'PASSWORD_RESET_URL',
          'SERVE_STALE',
          'TRASH_RETENTION_DAYS',
        ],
        ...['METRICS_TOKEN', 'LOG_LEVEL', 'WEB_CONCURRENCY'],
      ].toSorted(),
    );
    for (const line of lines) expect(line).toMatch(/^[A-Z_]+: got .+, wants .+/);
    expect(() => statSync(dataDir)).toThrow('ENOENT');
  });

  test('of one variable say nothing of another that depends on it', () => {
    const pool = { DATABASE_POOL_SIZE: '40', DATABASE_POOL_OVERFLOW: '0', WEB_CONCURRENCY: '12' };
    const lines = refusal({ BETTER_AUTH_SECRET: secret, DATABASE_URL: 'mysql://x/y', ...pool });
    expect(lines).toMatch(/^DATABASE_URL: [^\n]*$/);
  });

  test('in production name what is missing beside what is wrong', () => {
    const lines = refusal({ NODE_ENV: 'production', DATABASE_URL: '', JWT_ISSUER: 'i', PORT: '-1' });
    expect(lines.split('\n').map((line) => line.split(':', 1)[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'JWT_AUDIENCE',
      'BETTER_AUTH_SECRET',
    ]);
  });
});

test('in production an empty DATABASE_URL is refused, and one that is not set is the embedded database', () => {
  for (const DATABASE_URL of ['', ' '])
    expect(refusal({ ...production, DATABASE_URL })).toMatch(/^DATABASE_URL: got nothing, wants a URL/);
  expect(readConfig(production).database.url).toBeNull();
  expect(read({ DATABASE_URL: '' }).database.url).toBeNull();
});

describe('traces', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test/otlp/' };

  test('the settings are those of OpenTelemetry', () => {
    expect(read(endpoint).tracing).toEqual({
      url: 'https://collector.test/otlp/v1/traces',
      headers: {},
      sampleRatio: 1,
      serviceName: 'duly',
      attributes: {},
    });
    const others = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x%3D, x-team = a',
      OTEL_TRACES_SAMPLER_ARG: '.25',
      OTEL_SERVICE_NAME: 'tasks',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    };
    expect(read({ ...endpoint, ...others }).tracing).toMatchObject({
      headers: { authorization: 'Bearer x=', 'x-team': 'a' },
      sampleRatio: 0.25,
      serviceName: 'tasks',
      attributes: { 'deployment.environment.name': 'test' },
    });
  });

  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:hidden@collector'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector/?token=x'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_SAMPLER_ARG', '10%'],
    ['OTEL_TRACES_SAMPLER_ARG', '-1'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'hidden'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=hidden value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%hidden'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,,b=2'],
  ])('%s=%s is refused, and no secret is shown', (name, value) => {
    const line = refusal({ BETTER_AUTH_SECRET: secret, ...endpoint, [name]: value });
    expect(line).toMatch(new RegExp(`^${name}: got .+, wants .+$`));
    expect(line).not.toContain('hidden');
  });
});
