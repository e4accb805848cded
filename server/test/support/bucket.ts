import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import S3rver from '@20minutes/s3rver';
import type { BucketLocation } from '../../src/config/store-location.ts';
import { afterTest } from './clean-up.ts';
import { freePort, responseStatus, temporaryDirectory, waitUntil } from './process.ts';

/** Instead of the store's answer: a cut connection, none at all, or this one. */
export type Fault = 'cut' | 'none' | { status: number; code: string } | { status: number; body: string };

export interface TestBucket {
  location: BucketLocation;
  /** Of a service that has its backups there. */
  settings: Record<string, string>;
  /** Each request, as `METHOD /path?query`. */
  requests: string[];
  /** @param choose the fault of a request; null passes it on */
  setFaults(choose: (request: string) => Fault | null): void;
}

/** The credentials that s3rver has. */
const [accessKeyId, secretAccessKey, bucket] = ['S3RVER', 'S3RVER', 'duly-test'];

/** A bucket of a store that runs until the end of the test, through a proxy that makes faults. */
export async function startBucket(): Promise<TestBucket> {
  const { path: directory, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const storePort = await startStore(directory);
  const requests: string[] = [];
  let choose: (request: string) => Fault | null = () => null;
  const proxy = createServer(async (from, to) => {
    // A client that is killed sends no whole body.
    const body = await buffer(from).catch(() => null);
    if (body === null) return;
    const name = `${from.method} ${from.url}`;
    requests.push(name);
    const fault = choose(name);
    if (fault === 'cut') to.destroy();
    else if (fault === null) {
      const { method = '', url = '', headers } = from;
      request({ host: '127.0.0.1', port: storePort, method, path: url, headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
      })
        .on('error', () => to.destroy())
        .end(body);
    } else if (fault !== 'none')
      to.writeHead(fault.status).end(
        'body' in fault ? fault.body : `<Error><Code>${fault.code}</Code><Key>${accessKeyId}</Key></Error>`,
      );
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  afterTest.push(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const address = proxy.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/${bucket}/backups`;
  return {
    location: { kind: 'bucket', url, region: 'us-east-1', accessKeyId, secretAccessKey, sessionToken: null },
    settings: { BACKUP_S3_URL: url, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    requests,
    setFaults(next) {
      choose = next;
    },
  };
}

/** s3rver, or the versitygw that DULY_TEST_VERSITYGW names. @returns its port */
async function startStore(directory: string): Promise<number> {
  const program = process.env.DULY_TEST_VERSITYGW;
  if (program === undefined) {
    const store = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory,
      configureBuckets: [{ name: bucket, configs: [] }],
    });
    const { port } = await store.run();
    afterTest.push(async () => {
      store.httpServer.closeAllConnections();
      await store.close();
    });
    return port;
  }
  mkdirSync(join(directory, bucket));
  const port = await freePort();
  const keys = ['--access', accessKeyId, '--secret', secretAccessKey];
  const child = spawn(program, [...keys, '--port', `127.0.0.1:${port}`, 'posix', directory], {
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  afterTest.push(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  await waitUntil(async () => (await responseStatus(`http://127.0.0.1:${port}/`)) !== 0);
  return port;
}
