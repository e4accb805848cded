import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { StartError } from '../platform/errors.ts';

/** Bytes that are decoded in one step. Node's default of 16 kB takes a third longer. */
const chunkSize = 2 ** 20;

export interface EncodedFile {
  sizeBytes: number;
  /** SHA-256 of the file as it is stored, in hex. */
  sha256: string;
}

/** The ending of encoded files. `age -d` and `zstd -d` read them. */
export const encodedEnding = (recipients: readonly string[]) => (recipients.length > 0 ? '.zst.age' : '.zst');

export const isEncrypted = (name: string) => name.endsWith('.age');

/**
 * Compresses a stream with zstd, encrypts it with age if there are recipients, and hands it to `write`. Memory stays
 * bounded.
 */
export async function writeEncoded(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly string[],
  write: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<EncodedFile> {
  const encoded = await encode(source, recipients);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const count = (chunk: Uint8Array) => {
    hash.update(chunk);
    sizeBytes += chunk.length;
  };
  try {
    await write(observed(encoded.chunks, count));
  } finally {
    encoded.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

export interface EncodedStream {
  chunks: AsyncIterable<Uint8Array>;
  /** Ends the source if the chunks were not read to their end. */
  close(): void;
}

/** The stream compressed with zstd, and encrypted with age if there are recipients. */
export async function encode(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly string[],
): Promise<EncodedStream> {
  // A reader without a manifest of its own finds damage by this checksum.
  const compressed = createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  // An error of the source destroys `compressed`, whose reader then gets it.
  pipeline(Readable.from(source, { objectMode: false }), compressed, () => undefined);
  const chunks = recipients.length === 0 ? compressed : await encrypt(compressed, recipients);
  return { chunks, close: () => compressed.destroy() };
}

async function encrypt(source: Readable, recipients: readonly string[]): Promise<AsyncIterable<Uint8Array>> {
  // Loaded here, because most services encrypt nothing.
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(Readable.toWeb(source));
}

/**
 * The content of a stream of `encode`.
 * @param name of the source, for messages
 * @throws StartError if no identity decrypts it
 */
export async function decode(
  source: Readable,
  name: string,
  encrypted: boolean,
  identities: readonly string[],
): Promise<Readable> {
  const stored = encrypted ? await decrypt(source, name, identities) : source;
  const decompressed = pipeline(stored, createZstdDecompress({ chunkSize }), () => undefined);
  // Damage may be found before anybody reads, who gets the error then.
  decompressed.on('error', () => undefined);
  return decompressed;
}

/** Passes the chunks on, and hands each to `onChunk` as well. */
export async function* observed<T>(source: AsyncIterable<T>, onChunk: (chunk: T) => void) {
  for await (const chunk of source) {
    onChunk(chunk);
    yield chunk;
  }
}

async function decrypt(source: Readable, path: string, identities: readonly string[]): Promise<Readable> {
  if (identities.length === 0)
    throw new StartError(
      `${path} is encrypted: BACKUP_AGE_IDENTITY_FILE names no file with the key that decrypts it`,
    );
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return Readable.fromWeb(await decrypter.decrypt(Readable.toWeb(source)));
  } catch (error) {
    throw new StartError(
      `${path} cannot be decrypted with the keys of BACKUP_AGE_IDENTITY_FILE: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** The identities in a file as age-keygen writes it. @throws StartError if it cannot be read, or has none */
export function readIdentities(path: string | null): string[] {
  if (path === null) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(
      `BACKUP_AGE_IDENTITY_FILE: got ${JSON.stringify(path)}, which cannot be read (${String(error)})`,
    );
  }
  const identities = text.split('\n').flatMap((line) => /^AGE-SECRET-KEY-\S+/.exec(line.trim()) ?? []);
  if (identities.length > 0) return identities;
  throw new StartError(
    `BACKUP_AGE_IDENTITY_FILE: got ${JSON.stringify(path)}, wants a file with a line AGE-SECRET-KEY-…`,
  );
}
