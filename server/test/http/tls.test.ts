import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion, TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/app-type.ts';
import { StartError } from '../../src/platform/errors.ts';
import { createContext } from '../../src/process/context.ts';
import { secret, startApp, type TestApp } from '../support/app.ts';
import { selfSigned } from '../support/certificate.ts';
import { patience } from '../support/patience.ts';
import { openSocket } from '../support/raw-http.ts';

let directory: string;
let app: TestApp;
let server: App;
let url: string;
let port: number;
const written: { level: number; msg: string; reason?: string }[] = [];
const first = selfSigned('first');
/** TLS_CERT and TLS_KEY, below a symbolic link that is replaced, as Kubernetes and certbot do it. */
const files = () => ({
  TLS_CERT: join(directory, 'live', 'cert.pem'),
  TLS_KEY: join(directory, 'live', 'key.pem'),
});

/** Replaces the pair of files atomically. */
async function place(version: string, { cert, key }: { cert: string; key: string }): Promise<void> {
  const target = join(directory, version);
  await mkdir(target);
  await writeFile(join(target, 'cert.pem'), cert);
  await writeFile(join(target, 'key.pem'), key);
  await symlink(target, join(directory, 'next'));
  await rename(join(directory, 'next'), join(directory, 'live'));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'duly-tls-'));
  await place('first', first);
  app = await startApp();
  const config = readConfig({ BETTER_AUTH_SECRET: secret, DATA_DIR: directory, ...files() });
  const log = pino({}, { write: (line: string) => void written.push(JSON.parse(line)) });
  server = await buildApp(createContext(config, app.ctx.db, log));
  url = await server.listen({ host: '127.0.0.1', port: 0 });
  port = Number(new URL(url).port);
});
afterAll(async () => {
  await server.close();
  await app.close();
  await rm(directory, { recursive: true, force: true });
});

const fingerprint = (cert: string) => new X509Certificate(cert).fingerprint256;

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  /** The certificate that the server sent on this connection. */
  shown: string;
  reused: boolean;
}

function ask(path: string, agent: Agent, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request({ port, host: '127.0.0.1', path, agent, method, headers }, (response) => {
      const { socket } = response;
      const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          shown: shown ?? '',
          reused: asked.reusedSocket,
        }),
      );
    });
    asked.on('error', reject).end(body);
  });
}

/** Opens a new connection. @returns its certificate */
async function shownNow(): Promise<string> {
  const agent = new Agent({ rejectUnauthorized: false, maxCachedSessions: 0 });
  const { shown } = await ask('/health', agent);
  agent.destroy();
  return shown;
}

describe('the TLS listener', () => {
  test('serves with a certificate that clients can check, and says so to browsers', async () => {
    const agent = new Agent({ ca: first.cert });
    const { status, headers } = await ask('/health', agent);
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    expect(server.server.requestTimeout).toBe(10_000);
    agent.destroy();
  });

  test('sets cookies for https only, out of reach of scripts and of other sites', async () => {
    const agent = new Agent({ ca: first.cert });
    const person = { email: 'tls@example.com', password: 'gentle-otter-42', name: 'Grace' };
    const { status, headers } = await ask('/api/auth/sign-up/email', agent, JSON.stringify(person));
    expect(status).toBe(200);
    const cookies = [headers['set-cookie'] ?? []].flat();
    expect(cookies).not.toEqual([]);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Secure-/);
      for (const attribute of [/; Secure\b/i, /; HttpOnly\b/i, /; SameSite=Lax\b/i, /; Path=\/(?:;|$)/i])
        expect(cookie).toMatch(attribute);
      expect(cookie).not.toMatch(/; Domain=/i);
    }
    agent.destroy();
  });

  test.each<[SecureVersion, boolean]>([
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ])('%s: %s', async (version, isSpoken) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: first.cert,
      minVersion: version,
      maxVersion: version,
      // Otherwise the client's own OpenSSL would refuse the old TLS version.
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const outcome = await Promise.race([
      once(socket, 'secureConnect').then(() => true),
      once(socket, 'close').then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    expect(outcome).toBe(isSpoken);
    socket.destroy();
  });

  test('closes what does not speak TLS, or begins no handshake', async () => {
    const silent = openSocket(url);
    const plain = openSocket(url);
    plain.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    let said = '';
    plain.on('data', (bytes) => {
      said += bytes;
    });
    await Promise.all(
      [silent, plain].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    expect(said).not.toContain('HTTP/1.1');
  });

  test('takes new files into use without dropping a connection, and keeps what it has when they are bad', async () => {
    const kept = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    expect((await ask('/health', kept)).shown).toBe(fingerprint(first.cert));
    const busy = new Agent({ keepAlive: true, rejectUnauthorized: false });
    let isDone = false;
    const statuses = new Set<number | undefined>();
    const load = (async () => {
      while (!isDone) statuses.add((await ask('/health', busy)).status);
    })();

    const second = selfSigned('second');
    await place('second', second);
    await vi.waitFor(async () => expect(await shownNow()).toBe(fingerprint(second.cert)), patience);
    isDone = true;
    await load;
    expect(statuses).toEqual(new Set([200]));
    const { status, reused } = await ask('/health', kept);
    expect([status, reused]).toEqual([200, true]);
    for (const agent of [kept, busy]) agent.destroy();

    const warnings = () => written.filter(({ level }) => level === 40);
    await place('foreign key', { cert: selfSigned('third').cert, key: second.key });
    await vi.waitFor(
      () => expect(warnings().at(-1)?.reason).toMatch(/^TLS_KEY: .* not the key of TLS_CERT/),
      patience,
    );
    await place('garbage', { cert: 'garbage', key: second.key });
    await vi.waitFor(
      () => expect(warnings().at(-1)?.reason).toMatch(/^TLS_CERT: .* cannot be used/),
      patience,
    );
    await rm(join(directory, 'live'));
    await vi.waitFor(() => expect(warnings().at(-1)?.reason).toMatch(/^TLS_CERT: .*ENOENT/), patience);
    expect(await shownNow()).toBe(fingerprint(second.cert));

    const fourth = selfSigned('fourth');
    await place('fourth', fourth);
    await vi.waitFor(async () => expect(await shownNow()).toBe(fingerprint(fourth.cert)), patience);
    expect(written.filter(({ level }) => level >= 50)).toEqual([]);
  });
});

describe('TLS_CERT and TLS_KEY', () => {
  const read = (env: Record<string, string>) => readConfig({ BETTER_AUTH_SECRET: secret, ...env });

  test('make the public address https, unless BETTER_AUTH_URL says otherwise', async () => {
    await place('for the settings', first);
    expect(read(files()).auth.baseUrl).toBe('https://localhost:8000');
    const BETTER_AUTH_URL = 'http://api.example.com';
    expect(read({ ...files(), BETTER_AUTH_URL }).auth.baseUrl).toBe(BETTER_AUTH_URL);
    expect(read({}).http.tls).toBeNull();
  });

  test('that cannot be used stop the start with one line', async () => {
    const { TLS_CERT, TLS_KEY } = files();
    const other = join(directory, 'other.pem');
    await writeFile(other, selfSigned().key);
    const wrong: [env: Record<string, string>, message: RegExp][] = [
      [{ TLS_CERT }, /^TLS_KEY: got nothing beside a TLS_CERT, wants the path .*$/],
      [{ TLS_KEY }, /^TLS_CERT: got nothing beside a TLS_KEY, wants the path .*$/],
      [{ TLS_CERT: `${directory}/no`, TLS_KEY }, /^TLS_CERT: got ".*\/no" \(ENOENT\), wants the path .*$/],
      [{ TLS_CERT, TLS_KEY: directory }, /^TLS_KEY: got ".*" \(EISDIR\), wants the path .*$/],
      [{ TLS_CERT: TLS_KEY, TLS_KEY }, /^TLS_CERT: got ".*", which cannot be used, wants the path .*$/],
      [{ TLS_CERT, TLS_KEY: TLS_CERT }, /^TLS_KEY: got ".*", which cannot be used, wants the path .*$/],
      [
        { TLS_CERT, TLS_KEY: other },
        /^TLS_KEY: got ".*", which is not the key of TLS_CERT, wants the path .*$/,
      ],
    ];
    for (const [env, message] of wrong) {
      expect(() => read(env)).toThrow(StartError);
      expect(() => read(env)).toThrow(message);
    }
  });
});
