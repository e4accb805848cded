import type { BucketLocation } from '../config/store-location.ts';
import { createS3Client } from './s3-client.ts';
import { type Store, StoreError, type StoreOptions } from './store.ts';

/**
 * A stream becomes objects of this size, so that each is sent and read in one request, which can be repeated. `fetch`
 * copies what it sends: with 16 MB a backup takes 290 MB of memory more than without, with 4 MB 130.
 */
const partBytes = 4 * 2 ** 20;
const parallelUploads = 2;
const parallelRemovals = 8;
/** Parts of a stream are worth more patience: without one of them, everything before is lost. */
const streamAttempts = 8;

const partName = (name: string, number: number) => `${name}.${String(number).padStart(6, '0')}`;
const partEnding = /\.\d{6}$/;

/**
 * A store in a bucket of an S3-compatible server. It needs only GET, PUT, DELETE and lists. Multipart uploads are not
 * used: what a crash leaves of one is invisible, and not every server lists it.
 */
export function createBucketStore(location: BucketLocation, { attempts = 3, stop }: StoreOptions): Store {
  const client = createS3Client(location, stop);
  const [, bucket = '', ...folders] = new URL(location.url).pathname.split('/');
  const root = folders.map((folder) => `${folder}/`).join('');
  const pathOf = (name: string) => `/${bucket}/${root}${name}`;

  const put = async (name: string, body: Uint8Array<ArrayBuffer>, tries = attempts): Promise<void> => {
    await client.send({ method: 'PUT', path: pathOf(name), body }, tries);
  };

  async function getPart(name: string): Promise<Buffer> {
    const part = await client.send({ method: 'GET', path: pathOf(name) }, streamAttempts);
    if (part === null) throw new StoreError(`${location.url}/${name} is missing`);
    return part;
  }

  const remove = (name: string) => client.send({ method: 'DELETE', path: pathOf(name) }, attempts);

  async function list(prefix: string): Promise<string[]> {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const query = {
        'list-type': '2',
        prefix: `${root}${prefix}`,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      };
      const page = await client.send({ method: 'GET', path: `/${bucket}`, query }, attempts);
      const text = page?.toString() ?? '';
      if (!text.includes('</ListBucketResult>'))
        throw new StoreError(`${location.url}: the answer is no list`);
      names.push(...elementsOf(text, 'Key').map((key) => key.slice(root.length)));
      [token] =
        elementsOf(text, 'IsTruncated')[0] === 'true' ? elementsOf(text, 'NextContinuationToken') : [];
    } while (token !== undefined);
    return names.sort();
  }

  return {
    location: location.url,
    list,
    read: (name) => client.send({ method: 'GET', path: pathOf(name) }, attempts),
    write: (name, content) => put(name, content),
    async writeStream(name, chunks) {
      const uploads: Promise<void>[] = [];
      let count = 0;
      for await (const part of partsOf(chunks)) {
        if (uploads.length === parallelUploads) await uploads.shift();
        count += 1;
        const upload = put(partName(name, count), part, streamAttempts);
        // Another's failure may come first.
        upload.catch(() => undefined);
        uploads.push(upload);
      }
      await Promise.all(uploads);
    },
    async *readStream(name) {
      const parts = (await list(`${name}.`)).filter((part) => part.replace(partEnding, '') === name);
      if (parts.length === 0) throw new StoreError(`${location.url}/${name} is missing`);
      let next: Promise<Buffer> | undefined;
      for (const [index, part] of parts.entries()) {
        const content = await (next ?? getPart(part));
        const following = parts[index + 1];
        next = following === undefined ? undefined : getPart(following);
        next?.catch(() => undefined);
        yield content;
      }
    },
    async remove(names) {
      for (let from = 0; from < names.length; from += parallelRemovals)
        await Promise.all(names.slice(from, from + parallelRemovals).map(remove));
    },
    freeBytes: () => null,
  };
}

/** Regroups the chunks into parts of `partBytes`; the last one may be shorter. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer<ArrayBuffer>> {
  let part = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (const chunk of chunks)
    for (let taken = 0; taken < chunk.length; ) {
      const some = chunk.subarray(taken, taken + partBytes - filled);
      part.set(some, filled);
      filled += some.length;
      taken += some.length;
      if (filled < partBytes) continue;
      yield part;
      part = Buffer.allocUnsafe(partBytes);
      filled = 0;
    }
  if (filled > 0) yield part.subarray(0, filled);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The texts of all elements of a name, which have no elements in them. */
const elementsOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replace(/&(amp|lt|gt|quot|apos);/g, (whole, entity: string) => entities[entity] ?? whole),
  );
