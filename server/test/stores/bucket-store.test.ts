import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeEach, expect, test, vi } from 'vitest';
import { createBucketStore } from '../../src/stores/bucket-store.ts';
import { StoreError } from '../../src/stores/store.ts';
import { type Fault, startBucket, type TestBucket } from '../support/bucket.ts';
import { freePort } from '../support/process.ts';

let bucket: TestBucket;
beforeEach(async () => {
  bucket = await startBucket();
});

const bytes = (text: string) => Buffer.from(text);

/** These faults, one for each request, then none. */
function faultsInTurn(...faults: Fault[]): void {
  bucket.setFaults(() => faults.shift() ?? null);
}

test('content is listed by prefix, read and removed by name, and others of the bucket are not seen', async () => {
  const store = createBucketStore(bucket.location, {});
  const other = createBucketStore({ ...bucket.location, url: `${bucket.location.url}-2` }, {});
  for (const name of ['wal/2', 'wal/10', 'base/a/b.c_d-e', 'mark']) await store.write(name, bytes(name));
  await other.write('wal/3', bytes(''));
  expect(await store.list('')).toEqual(['base/a/b.c_d-e', 'mark', 'wal/10', 'wal/2']);
  expect(await store.list('wal/1')).toEqual(['wal/10']);
  expect((await store.read('base/a/b.c_d-e'))?.toString()).toBe('base/a/b.c_d-e');
  expect(await store.read('wal/3')).toBe(null);
  await store.remove(['wal/2', 'wal/10', 'never there']);
  expect(await store.list('wal/')).toEqual([]);
  expect(await other.list('')).toEqual(['wal/3']);
  expect(store.freeBytes()).toBe(null);
});

test('a list of several pages is read to its end', async () => {
  const page = (name: string, more: string) => ({
    status: 200,
    body: `<ListBucketResult>${more}<Contents><Key>backups/${name}</Key></Contents></ListBucketResult>`,
  });
  // What s3rver makes of its own tokens needs a cipher that the runtime does not have.
  faultsInTurn(
    page('a', '<IsTruncated>true</IsTruncated><NextContinuationToken>1+2/3&amp;4=</NextContinuationToken>'),
    page('b', '<IsTruncated>false</IsTruncated>'),
  );
  expect(await createBucketStore(bucket.location, {}).list('')).toEqual(['a', 'b']);
  const tokens = bucket.requests.map((request) =>
    new URLSearchParams(request.split('?')[1]).get('continuation-token'),
  );
  expect(tokens).toEqual([null, '1+2/3&4=']);
});

test('a stream becomes objects of 4 MB, and is read as it was written', async () => {
  const store = createBucketStore(bucket.location, {});
  const chunk = randomBytes(3_000_000);
  async function* chunks(count: number) {
    for (let index = 0; index < count; index += 1) yield chunk;
  }
  await store.writeStream('base/a/data', chunks(4));
  await store.write('base/a/data.zst.000001', bytes('of another stream'));
  expect(await store.list('base/a/data.0')).toEqual(
    ['000001', '000002', '000003'].map((number) => `base/a/data.${number}`),
  );
  const [read, wanted] = [createHash('sha256'), createHash('sha256')];
  for await (const part of store.readStream('base/a/data')) read.update(part);
  for await (const part of chunks(4)) wanted.update(part);
  expect(read.digest('hex')).toBe(wanted.digest('hex'));
  await expect(buffer(store.readStream('base/b/data'))).rejects.toThrow('base/b/data is missing');
});

test('faults that may pass are tried again, a body that was damaged on its way among them', async () => {
  const store = createBucketStore(bucket.location, {});
  faultsInTurn({ status: 503, code: 'SlowDown' }, 'cut');
  await store.write('a', bytes('a'));
  faultsInTurn({ status: 400, code: 'XAmzContentSHA256Mismatch' });
  await store.write('b', bytes('b'));
  expect(bucket.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(5);
  faultsInTurn({ status: 500, code: 'InternalError' });
  expect(await store.list('')).toEqual(['a', 'b']);
  bucket.setFaults(() => ({ status: 503, code: 'SlowDown' }));
  await expect(store.read('a')).rejects.toThrow(`${bucket.location.url}: GET failed: 503 SlowDown`);
});

test('other faults are reported at once, in one line that has no key', async () => {
  const failure = async (change: Partial<TestBucket['location']>) => {
    bucket.requests.splice(0);
    const store = createBucketStore({ ...bucket.location, ...change }, {});
    const error: unknown = await store.write('a', bytes('a')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreError);
    const message = error instanceof Error ? error.message : '';
    expect(message).not.toMatch(/\n|S3RVER|unknown-key|wrong-secret/);
    expect(bucket.requests.length).toBeLessThan(2);
    return message;
  };
  const { url } = bucket.location;
  // Stores differ in what they say of an unknown key.
  faultsInTurn({ status: 403, code: 'InvalidAccessKeyId' });
  expect(await failure({ accessKeyId: 'unknown-key' })).toBe(
    `${url}: PUT failed: 403 InvalidAccessKeyId, check AWS_ACCESS_KEY_ID`,
  );
  expect(await failure({ secretAccessKey: 'wrong-secret' })).toBe(
    `${url}: PUT failed: 403 SignatureDoesNotMatch, check AWS_SECRET_ACCESS_KEY`,
  );
  const missing = url.replace('duly-test', 'missing');
  expect(await failure({ url: missing })).toBe(
    `${missing}: PUT failed: 404 NoSuchBucket, the bucket does not exist`,
  );
  faultsInTurn({ status: 403, code: 'AccessDenied' });
  expect(await failure({})).toContain('403 AccessDenied, these credentials may not do that');
  faultsInTurn({ status: 301, code: 'PermanentRedirect' });
  expect(await failure({})).toContain('301 PermanentRedirect, check its address and AWS_REGION');
  // A web server that is no store.
  faultsInTurn({ status: 404, code: '' });
  expect(await failure({})).toContain('PUT failed: 404');
  const away = `http://127.0.0.1:${await freePort()}/duly`;
  expect(await failure({ url: away })).toBe(`${away}: PUT failed: no answer (ECONNREFUSED)`);
});

test('a request without an answer fails after a while, and ends with the service', async () => {
  bucket.setFaults(() => 'none');
  const stopping = new AbortController();
  const stopped = createBucketStore(bucket.location, { stop: stopping.signal }).list('');
  await vi.waitUntil(() => bucket.requests.length === 1);
  stopping.abort();
  await expect(stopped).rejects.toThrow(StoreError);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const late = createBucketStore(bucket.location, { attempts: 1 }).list('');
    const failed = expect(late).rejects.toThrow('GET failed: no answer in time');
    while (bucket.requests.length < 2) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(10_001);
    await failed;
  } finally {
    vi.useRealTimers();
  }
});
