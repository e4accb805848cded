import { Readable } from 'node:stream';
import { secretEntry } from '../backup/archive.ts';
import { decode } from '../backup/encoding.ts';
import { readTar } from '../backup/tar.ts';
import { StartError } from '../platform/errors.ts';
import { hasShape } from '../platform/has-shape.ts';
import { AnyManifest, DumpEnd, DumpManifest, dumpFormat, endEntry, manifestEntry } from './format.ts';

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ageMagic = Buffer.from('age-encryption.org/v1');

/** What to do with the parts of a dump, which are read in this order. */
export interface DumpHandlers {
  onManifest(manifest: DumpManifest): Promise<void>;
  onSecret(secret: string): Promise<void>;
  /** Called for each part of a table's text. @param name `schema.table` */
  onRows(name: string, text: AsyncIterable<Buffer>): Promise<void>;
  /** Called last, when the whole dump was read to its end. */
  onEnd(end: DumpEnd): Promise<void>;
}

/** What is wrong with a dump, in one line. @param name of the file */
export const damagedError = (name: string, what: string) => new StartError(`${name} is damaged: ${what}`);

/**
 * Decrypts and decompresses a dump.
 * @throws StartError if it is no dump, or no identity decrypts it
 */
export async function openDump(
  source: Readable,
  name: string,
  identities: readonly string[],
): Promise<AsyncIterable<Uint8Array>> {
  const { start, whole } = await peek(source, ageMagic.length);
  const isEncrypted = start.equals(ageMagic);
  if (!isEncrypted && !start.subarray(0, zstdMagic.length).equals(zstdMagic))
    throw new StartError(
      `${name} is no dump of Duly: it is neither compressed with zstd nor encrypted with age`,
    );
  return decode(whole, name, isEncrypted, identities);
}

/** @returns the first bytes, fewer if there are no more, and a stream that begins with them */
async function peek(source: Readable, length: number): Promise<{ start: Buffer; whole: Readable }> {
  const chunks: Buffer[] = [];
  const iterator = source[Symbol.asyncIterator]();
  for (let known = 0; known < length; ) {
    const next: IteratorResult<Buffer> = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    known += next.value.length;
  }
  async function* all() {
    yield* chunks;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return {
    start: Buffer.concat(chunks).subarray(0, length),
    whole: Readable.from(all(), { objectMode: false }),
  };
}

/**
 * Reads a dump from its first entry to its end.
 * @param content a tar archive as `writeDump` makes it
 * @throws StartError in one line if it is damaged, incomplete or of a newer Duly
 * @throws whatever a handler throws
 */
export async function readDump(
  content: AsyncIterable<Uint8Array>,
  name: string,
  handlers: DumpHandlers,
): Promise<void> {
  const reader = createEntryReader(name, handlers);
  let handlerError: unknown;
  try {
    await readTar(content, async ({ path }, body) => {
      try {
        await reader.read(path, refused(body, name));
      } catch (error) {
        handlerError = error;
        throw error;
      }
    });
  } catch (error) {
    if (error === handlerError || error instanceof StartError) throw error;
    throw damagedError(name, messageOf(error));
  }
  await handlers.onEnd(reader.end());
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Errors of the stream, which a handler gets, are faults of the dump. */
async function* refused(body: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof StartError ? error : damagedError(name, messageOf(error));
  }
}

function createEntryReader(name: string, handlers: DumpHandlers) {
  let hasManifest = false;
  let end: DumpEnd | undefined;

  async function readManifest(path: string, body: AsyncIterable<Buffer>): Promise<void> {
    const text = await readText(body);
    if (path !== manifestEntry(text)) throw damagedError(name, 'it does not begin with its manifest');
    const content = parseJson(text, name);
    if (hasShape(AnyManifest, content) && content.format > dumpFormat)
      throw new StartError(
        `${name} has the format ${content.format} of Duly ${content.duly}, and this Duly knows ${dumpFormat}: load it with that version`,
      );
    if (!hasShape(DumpManifest, content)) throw damagedError(name, 'its manifest is not one of a dump');
    hasManifest = true;
    await handlers.onManifest(content);
  }

  return {
    async read(path: string, body: AsyncIterable<Buffer>): Promise<void> {
      if (!hasManifest) await readManifest(path, body);
      else if (end !== undefined) throw damagedError(name, 'there is something after its end');
      else if (path === secretEntry) await handlers.onSecret(await readText(body));
      else if (path === endEntry) {
        const content = parseJson(await readText(body), name);
        if (!hasShape(DumpEnd, content)) throw damagedError(name, 'its end is not one of a dump');
        end = content;
      } else await handlers.onRows(path.slice(0, path.lastIndexOf('/')), body);
    },
    end(): DumpEnd {
      if (end === undefined) throw damagedError(name, 'its end is missing');
      return end;
    },
  };
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damagedError(name, messageOf(error));
  }
}
