import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import { listen } from '../../src/http/edge/listeners.ts';
import { createContext } from '../../src/process/context.ts';
import { mintToken, secret, startApp, withoutLimits } from '../support/app.ts';
import { selfSigned } from '../support/certificate.ts';
import { afterTest } from '../support/clean-up.ts';
import { freePort, responseStatus, startProcess, temporaryDirectory, waitUntil } from '../support/process.ts';
import { createMigratedDatabase, newDataDirectory, startTestServer } from '../support/servers.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((of) => of?.some(({ address }) => address === '::1'));
/** Both loopback addresses. Without IPv6, the server and the tests use IPv4 only. */
const addresses = ['127.0.0.1', ...(hasIpv6 ? ['[::1]'] : [])];

/** Runs `serve` on a port that the system chooses. @returns its URL and its log */
async function startAnywhere(env: Record<string, string>) {
  const DATABASE_URL = await createMigratedDatabase();
  const base = { DATABASE_URL, DATA_DIR: await newDataDirectory(), BETTER_AUTH_SECRET: secret, PORT: '0' };
  const server = startProcess(['serve'], { ...base, ...withoutLimits, ...env });
  let log = '';
  server.child.stdout?.on('data', (part) => {
    log += part;
  });
  const stop = () => {
    server.child.kill('SIGTERM');
    return server.ended;
  };
  afterTest.push(stop);
  const serving = () => /"url":"([^"]+)","(?:workers":2,")?msg":"serving"/.exec(log)?.[1];
  await waitUntil(() => serving() !== undefined || server.child.exitCode !== null);
  return { url: serving() ?? '', stop, log: () => log };
}

function get(url: string, agent: Agent | TlsAgent | false = false): Promise<number | undefined> {
  const options = { agent, rejectUnauthorized: false };
  const sent = url.startsWith('https:') ? tlsRequest(url, options) : request(url, options);
  sent.end();
  return once(sent, 'response').then(([response]: IncomingMessage[]) => {
    response?.resume();
    return response?.statusCode;
  });
}

async function certificate() {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const files = { TLS_CERT: join(path, 'cert.pem'), TLS_KEY: join(path, 'key.pem') };
  const { cert, key } = selfSigned();
  await writeFile(files.TLS_CERT, cert);
  await writeFile(files.TLS_KEY, key);
  return files;
}

describe('HOST=localhost, as it is by default, with PORT=0', () => {
  test.each([
    ['plain', 1],
    ['TLS', 1],
    ['plain', 2],
    ['TLS', 2],
  ])('opens one port on both loopback addresses: %s, %i processes', async (kind, workers) => {
    const tls = kind === 'TLS' ? await certificate() : {};
    const server = await startAnywhere({ ...tls, WEB_CONCURRENCY: String(workers) });
    expect(server.url).toMatch(
      kind === 'TLS' ? /^https:\/\/localhost:[1-9]\d*$/ : /^http:\/\/localhost:[1-9]\d*$/,
    );
    for (const address of addresses) {
      const url = server.url.replace('localhost', address);
      const answering = () =>
        new Set(
          server
            .log()
            .match(/"worker":\d,"request_id":"[^"]*","method":"GET"/g)
            ?.map((of) => of[9]),
        );
      if (workers === 1) expect(await get(`${url}/health`)).toBe(200);
      else
        await waitUntil(async () => {
          expect(await get(`${url}/health`)).toBe(200);
          return answering().size === workers;
        });
    }
    // A kept-alive connection on each address must not delay the shutdown.
    const agent = new (kind === 'TLS' ? TlsAgent : Agent)({ keepAlive: true });
    for (const address of addresses) await get(`${server.url.replace('localhost', address)}/health`, agent);
    const { code, stdout } = await server.stop();
    agent.destroy();
    expect(code).toBe(0);
    for (const address of addresses) {
      const scheme = kind === 'TLS' ? 'https' : 'http';
      expect(stdout).toContain(`listening at ${scheme}://${address}:${new URL(server.url).port}`);
      expect(await responseStatus(`${server.url.replace('localhost', address)}/health`)).toBe(0);
    }
  });

  test('names itself with that port in its tokens', async () => {
    const { url } = await startAnywhere({});
    const person = { email: 'ada@example.com', password: 'gentle-otter-42', first_name: 'A', last_name: 'L' };
    const response = await fetch(`${url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(person),
    });
    const { access_token, user } = JSON.parse(await response.text());
    const { iss, aud } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString());
    expect({ iss, aud }).toEqual({ iss: url, aud: url });
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await fetch(`${url}/api/${user.id}/tasks`, { headers })).status).toBe(200);
  });
});

describe.runIf(hasIpv6)('the second address', () => {
  test('gets the answers of requests under way when the server stops', async () => {
    const server = await startTestServer({
      DATA_DIR: await newDataDirectory(),
      DATABASE_URL: await createMigratedDatabase(),
    });
    const body = '{"title":"under way"}';
    const headers = {
      authorization: `Bearer ${await mintToken({ sub: 'ada' })}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    };
    const url = `${server.url.replace('127.0.0.1', '[::1]')}/api/ada/tasks`;
    const sent = request(url, { method: 'POST', headers, agent: false });
    sent.flushHeaders();
    await once(sent, 'continue');
    server.child.kill('SIGTERM');
    await waitUntil(async () => (await responseStatus(`${server.url}/health/live`)) === 0);
    sent.end(body);
    const [response]: IncomingMessage[] = await once(sent, 'response');
    expect(response?.statusCode).toBe(201);
    response?.resume();
    expect((await server.ended).code).toBe(0);
  });

  test('has the same limits: a body that never comes is given up', async () => {
    const server = await startTestServer({
      DATA_DIR: await newDataDirectory(),
      DATABASE_URL: await createMigratedDatabase(),
    });
    const url = server.url.replace('127.0.0.1', '[::1]');
    const authorization = `Bearer ${await mintToken({ sub: 'ada' })}`;
    const headers = { authorization, 'content-type': 'application/json', 'content-length': '20' };
    const sent = request(`${url}/api/ada/tasks`, { method: 'POST', headers, agent: false });
    sent.write('{');
    const [response]: IncomingMessage[] = await once(sent, 'response');
    expect(response?.statusCode).toBe(408);
    sent.destroy();
  });

  test.each(['1', '2'])('in use is refused like the first, with %s processes', async (WEB_CONCURRENCY) => {
    const PORT = String(await freePort());
    const other = createServer().listen(Number(PORT), '::1');
    await once(other, 'listening');
    afterTest.push(() => other.close());
    const env = {
      PORT,
      WEB_CONCURRENCY,
      BETTER_AUTH_SECRET: secret,
      DATABASE_URL: await createMigratedDatabase(),
    };
    const { child, ended } = startProcess(['serve'], { ...env, DATA_DIR: await newDataDirectory() });
    afterTest.push(() => child.kill('SIGKILL'));
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, `PORT: got ${PORT}, which is in use; wants a free port\n`]);
  });
});

test('a machine that does not have the second address serves on the first, and stops', async () => {
  const beside = await startApp();
  afterTest.push(() => beside.close());
  const app = await buildApp(createContext(beside.ctx.config, beside.ctx.db, beside.ctx.log));
  const port = await freePort();
  // A documentation address (RFC 3849): the system refuses it like `::1` without IPv6.
  await listen(app, { ...beside.ctx.config.http, port }, ['127.0.0.1', '2001:db8::1'], {});
  expect(await get(`http://127.0.0.1:${port}/health`)).toBe(200);
  await app.close();
  expect(await responseStatus(`http://127.0.0.1:${port}/health`)).toBe(0);
});

test('HOST=127.0.0.1 opens that address only', async () => {
  const server = await startTestServer({
    HOST: '127.0.0.1',
    DATA_DIR: await newDataDirectory(),
    DATABASE_URL: await createMigratedDatabase(),
  });
  expect(await responseStatus(`${server.url}/health`)).toBe(200);
  expect(await responseStatus(`${server.url.replace('127.0.0.1', '[::1]')}/health`)).toBe(0);
});
