import { createHash } from 'node:crypto';
import type { Manifest } from './manifest.ts';
import { encodeTarHeader, type TarEntry, tarEnd, tarPadding } from './tar.ts';

/** An entry and its content, which has exactly `sizeBytes`. */
export interface ArchiveSource extends TarEntry {
  body: Iterable<Buffer>;
}

export const textSource = (path: string, text: string): ArchiveSource => ({
  path,
  type: 'file',
  sizeBytes: Buffer.byteLength(text),
  body: [Buffer.from(text)],
});

/** The bytes of a tar archive. Adds each file with its SHA-256 to `files` when it is complete. */
export async function* writeArchive(
  sources: AsyncIterable<ArchiveSource>,
  files: Manifest['files'],
): AsyncGenerator<Buffer> {
  // Small files go on together: each step of a stream is a wait.
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  function* gather(chunk: Buffer): Generator<Buffer> {
    gathered.push(chunk);
    gatheredBytes += chunk.length;
    if (gatheredBytes >= gatherBytes) yield* flush();
  }
  function* flush(): Generator<Buffer> {
    const all = Buffer.concat(gathered);
    gathered = [];
    gatheredBytes = 0;
    yield all;
  }
  for await (const { path, type, sizeBytes, body } of sources) {
    yield* gather(encodeTarHeader({ path, type, sizeBytes }));
    if (type === 'directory') continue;
    const hash = createHash('sha256');
    for (const chunk of body) {
      hash.update(chunk);
      yield* gather(chunk);
    }
    yield* gather(tarPadding(sizeBytes));
    files.push({ path, sizeBytes, sha256: hash.digest('hex') });
  }
  yield* gather(tarEnd());
  yield* flush();
}

const gatherBytes = 2 ** 20;

/** Where the archive has the generated `secret` of DATA_DIR; everything else is the data directory. */
export const secretEntry = 'duly-secret';
