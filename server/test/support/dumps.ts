import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import { openSingleConnection } from '../../src/db/single-connection.ts';
import { writeDump } from '../../src/dump/create.ts';
import type { DumpEnd, DumpManifest } from '../../src/dump/format.ts';
import { loadDump } from '../../src/dump/load.ts';
import { writeDumpFile } from '../../src/dump/output.ts';
import { openDump, readDump } from '../../src/dump/read.ts';
import { secret } from './app.ts';
import { afterTest } from './clean-up.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { compileCache } from './process.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The path of a file that does not exist yet. */
export function newDumpPath(name = 'duly.tar.zst'): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-dump-'));
  afterTest.push(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, name);
}

export async function newDatabase(from: 'template' | 'empty'): Promise<TestDatabase> {
  const database = await createDatabase(from);
  afterTest.push(() => database.drop());
  return database;
}

/** Runs `work` on a connection of its own. */
async function onConnection<T>(
  connection: ConnectionSettings,
  work: (single: Awaited<ReturnType<typeof openSingleConnection>>) => Promise<T>,
): Promise<T> {
  const single = await openSingleConnection(connection, 'duly test');
  try {
    return await work(single);
  } finally {
    await single.close();
  }
}

/** Dumps a database to a file, without encryption, in this process. */
export const dumpToFile = (connection: ConnectionSettings, path: string): Promise<number> =>
  onConnection(connection, (single) => writeDumpFile(writeDump(single, null), path, []));

/** Loads a file in this process. */
export const loadFromFile = (connection: ConnectionSettings, path: string, identities: string[] = []) =>
  onConnection(connection, async (single) => {
    const content = await openDump(createReadStream(path), path, identities);
    return loadDump(single, { content, name: path, purpose: 'load' });
  });

export interface DumpContent {
  manifest: DumpManifest;
  end: DumpEnd;
  /** The text of each table. */
  text: Record<string, string>;
}

export async function readDumpFile(path: string): Promise<DumpContent> {
  const found: { manifest?: DumpManifest; end?: DumpEnd } = {};
  const text: Record<string, string> = {};
  await readDump(await openDump(createReadStream(path), path, []), path, {
    async onManifest(manifest) {
      found.manifest = manifest;
    },
    async onSecret() {},
    async onRows(name, rows) {
      for await (const chunk of rows) text[name] = (text[name] ?? '') + chunk.toString('latin1');
    },
    async onEnd(end) {
      found.end = end;
    },
  });
  if (found.manifest === undefined || found.end === undefined) throw new Error('the dump has no end');
  return { manifest: found.manifest, end: found.end, text };
}

/** `dump - | load -` with the settings of each. @returns the output of both to stderr, and of `load` to stdout */
export async function pipeDump(from: Record<string, string>, to: Record<string, string>) {
  const { PATH = '', HOME = '' } = process.env;
  const start = (env: Record<string, string>, command: string) =>
    spawn(process.execPath, [main, command, '-'], {
      env: { PATH, HOME, NODE_COMPILE_CACHE: compileCache, BETTER_AUTH_SECRET: secret, ...env },
      stdio: 'pipe',
    });
  const [dump, load] = [start(from, 'dump'), start(to, 'load')];
  dump.stdout.pipe(load.stdin);
  const output = { stderr: '', stdout: '' };
  for (const child of [dump, load])
    child.stderr.setEncoding('utf8').on('data', (chunk) => (output.stderr += chunk));
  load.stdout.setEncoding('utf8').on('data', (chunk) => (output.stdout += chunk));
  const [[dumped], [loaded]] = await Promise.all([once(dump, 'close'), once(load, 'close')]);
  return { codes: [dumped, loaded], ...output };
}
