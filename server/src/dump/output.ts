import { once } from 'node:events';
import { existsSync, linkSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { encode, writeEncoded } from '../backup/encoding.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode, removeAbandoned, syncDirectory, writeSyncedStream } from '../platform/files.ts';

/**
 * Writes a new file: after a crash it is complete or missing. A file that exists stays as it is.
 * @returns the size of the file
 * @throws StartError if the file exists, or cannot be written
 */
export async function writeDumpFile(
  source: AsyncIterable<Uint8Array>,
  path: string,
  recipients: readonly string[],
): Promise<number> {
  const temporary = `${path}.new-${process.pid}`;
  try {
    removeAbandoned(dirname(path), abandonedPrefix(basename(path)));
    refuseExisting(path);
    const write = (chunks: AsyncIterable<Uint8Array>) => writeSyncedStream(temporary, chunks);
    const { sizeBytes } = await writeEncoded(source, recipients, write);
    // Unlike a rename, a link never replaces a file.
    linkSync(temporary, path);
    return sizeBytes;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) refuseExisting(path);
    if (error instanceof Error && 'syscall' in error && 'path' in error)
      throw new StartError(`dump: ${path} cannot be written (${error.message})`);
    throw error;
  } finally {
    rmSync(temporary, { force: true });
    if (existsSync(path)) syncDirectory(dirname(path));
  }
}

/** Names that a dump chooses have the time in them, so the rest of a killed one has another name. */
const abandonedPrefix = (name: string) => (/^duly-\d{8}T\d{6}Z\./.test(name) ? 'duly-2' : name);

function refuseExisting(path: string): void {
  if (existsSync(path))
    throw new StartError(`dump: got ${JSON.stringify(path)}, which exists: a new name is wanted`);
}

/** Writes to a stream that stays open, such as the standard output. @throws StartError if its reader has gone */
export async function writeDumpStream(
  source: AsyncIterable<Uint8Array>,
  output: Writable,
  recipients: readonly string[],
): Promise<void> {
  const encoded = await encode(source, recipients);
  const failed = once(output, 'close').then(() =>
    Promise.reject(new StartError('dump: the reader has gone')),
  );
  failed.catch(() => undefined);
  try {
    for await (const chunk of encoded.chunks) {
      const written = new Promise<void>((settle, fail) => {
        output.write(chunk, (error) => (error ? fail(error) : settle()));
      });
      await Promise.race([written, failed]);
    }
  } catch (error) {
    if (hasCode(error, 'EPIPE')) throw new StartError('dump: the reader has gone');
    throw error;
  } finally {
    encoded.close();
  }
}
