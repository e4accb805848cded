import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { StartError } from '../platform/errors.ts';
import type { Store } from '../stores/store.ts';
import { secretEntry } from './archive.ts';
import { decode, isEncrypted, observed } from './encoding.ts';
import { readTar } from './tar.ts';
import { type Backup, folderOf } from './target.ts';

/**
 * Writes the data directory of a backup into a new directory, and compares every file with the manifest. The files are
 * not synced: a server that recovers them does that first.
 * @returns the generated secret that the backup holds; null if it holds none
 * @throws StartError if anything differs from the manifest
 */
export async function extractBackup(
  target: Store,
  { name, manifest }: Backup,
  destination: string,
  identities: readonly string[],
): Promise<string | null> {
  const archive = `${folderOf(name)}${manifest.archive.name}`;
  const path = `${target.location}/${archive}`;
  const damaged = (what: string) => new StartError(`${path} is damaged: ${what}`);
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  const storedHash = createHash('sha256');
  let secret: string | null = null;
  mkdirSync(destination, { mode: 0o700 });
  try {
    const stored = observed(target.readStream(archive), (chunk) => storedHash.update(chunk));
    const source = Readable.from(stored, { objectMode: false });
    const content = await decode(source, path, isEncrypted(archive), identities);
    await readTar(content, async (entry, body) => {
      if (entry.type === 'directory') {
        mkdirSync(join(destination, entry.path), { mode: 0o700 });
        return;
      }
      const isSecret = entry.path === secretEntry;
      const written = isSecret ? await readText(body) : await writeFile(join(destination, entry.path), body);
      if (isSecret) secret = written.text;
      if (written.sha256 !== expected.get(entry.path)?.sha256) throw damaged(`${entry.path} differs`);
      expected.delete(entry.path);
    });
  } catch (error) {
    if (error instanceof StartError || !(error instanceof Error)) throw error;
    throw 'syscall' in error ? error : damaged(error.message);
  }
  if (storedHash.digest('hex') !== manifest.archive.sha256) throw damaged('its SHA-256 differs');
  const [missing] = expected.keys();
  if (missing !== undefined) throw damaged(`${missing} is missing`);
  return secret;
}

interface WrittenFile {
  sha256: string;
  text: string;
}

async function writeFile(path: string, body: AsyncIterable<Buffer>): Promise<WrittenFile> {
  const hash = createHash('sha256');
  // WAL comes last, into a directory that is in the archive; others may come before theirs in a foreign archive.
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      for (let written = 0; written < chunk.length; )
        written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
    }
  } finally {
    await file.close();
  }
  chmodSync(path, 0o600);
  return { sha256: hash.digest('hex'), text: '' };
}

async function readText(body: AsyncIterable<Buffer>): Promise<WrittenFile> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  return { sha256: createHash('sha256').update(content).digest('hex'), text: content.toString() };
}
