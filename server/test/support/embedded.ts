import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type QueryResultRow } from 'pg';
import { expect, vi } from 'vitest';
import {
  type ConnectionSettings,
  type EmbeddedServer,
  startEmbedded,
} from '../../src/db/postgres/embedded.ts';
import { isPostmaster } from '../../src/db/postgres/postmaster.ts';
import { StartError } from '../../src/platform/errors.ts';
import { canTraverse, unprivilegedAccount } from '../../src/platform/unix-account.ts';
import { afterFile, afterTest } from './clean-up.ts';
import { silentLog as log } from './log.ts';
import { patience } from './patience.ts';
import { killPostmaster, postmasterPid } from './postmaster.ts';

export { killPostmaster, postmasterPid };

export const unprivilegedUnixAccount = unprivilegedAccount();
export const repositoryPath = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

function openDirectory(): string {
  const directory = mkdtempSync(
    join(canTraverse(unprivilegedUnixAccount, tmpdir()) ? tmpdir() : '/tmp', 'duly-test-'),
  );
  chmodSync(directory, 0o711);
  return directory;
}

/** A temporary directory that the server's account can traverse. */
export function newTemporaryDirectory(): string {
  const directory = openDirectory();
  afterTest.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function newDataDir(parent = newTemporaryDirectory(), name = 'data'): string {
  const dataDir = join(parent, name);
  afterTest.push(async () => {
    const cluster = join(dataDir, 'postgres');
    if (!existsSync(cluster)) return;
    const real = realpathSync(cluster);
    const pid = postmasterPid(real);
    if (pid !== undefined) {
      killPostmaster(real, 'SIGQUIT');
      await vi.waitUntil(() => !isPostmaster(pid, real), patience);
    }
    if (real !== cluster) rmSync(real, { recursive: true });
  });
  return dataDir;
}

let template: string | undefined;

/** A data directory after its first start: a copy of one that is created once, because initdb takes a second. */
export async function copyInitializedDataDir(): Promise<string> {
  if (template === undefined) {
    const directory = openDirectory();
    template = join(directory, 'data');
    afterFile.push(() => {
      template = undefined;
      rmSync(directory, { recursive: true });
    });
    const server = await startEmbedded({ dataDir: template, log });
    await server.stop();
  }
  const dataDir = newDataDir();
  spawnSync('cp', ['-a', template, dataDir]);
  return dataDir;
}

export async function startEmbeddedServer(dataDir: string): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, log });
  afterTest.push(() => server.stop());
  return server;
}

/** Runs the embedded server from another process. It prints the server as JSON, and runs until it is killed. */
export function startEmbeddedInChild(
  dataDir: string,
  options: { uid?: number; gid?: number; source?: string } = {},
) {
  const source = options.source ?? join(repositoryPath, 'server/src');
  const script = `
    import { startEmbedded } from ${JSON.stringify(join(source, 'db/postgres/embedded.ts'))};
    const log = { info() {}, warn() {}, error() {} };
    try {
      const { stop, ...server } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log });
      console.log(JSON.stringify(server));
    } catch (error) {
      console.log(JSON.stringify({ refused: error.message }));
      process.exit(1);
    }`;
  const { source: _, ...ids } = options;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...ids,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterTest.push(() => killChild(child));
  return child;
}

export async function readChildReply(
  child: ChildProcess,
): Promise<Partial<EmbeddedServer> & { refused?: string }> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.endsWith('\n')) break;
  }
  return JSON.parse(text);
}

export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function queryAsSuperuser<Row extends QueryResultRow>(
  to: ConnectionSettings,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client(to);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

export const fileMode = (path: string) => statSync(path).mode & 0o777;

export async function startError(dataDir: string): Promise<string> {
  const error = await startEmbedded({ dataDir, log }).then(
    (server) => server.stop(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StartError)) throw new Error(`not refused with a StartError: ${String(error)}`);
  expect(error.message).toContain(dataDir);
  expect(error.message).not.toContain('\n');
  return error.message;
}
