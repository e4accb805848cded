import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finishRestore } from '../../src/db/postgres/restored-cluster.ts';
import {
  newBackupSettings,
  newCaller,
  runCommand,
  waitForArchive,
  waitForStatus,
} from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { startTestServer } from '../support/servers.ts';

/** DATA_DIR after a restore is complete, and before it is put in place. */
function restoredDataDir(isRelocated: boolean): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-killed-restore-'));
  afterTest.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const clusters = [
    ['old', 'postgres'],
    ['new', 'postgres.restored'],
  ] as const;
  for (const [name, path] of clusters) {
    const directory = join(dataDir, isRelocated ? name : path);
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), name);
    if (isRelocated) symlinkSync(directory, join(dataDir, path));
  }
  writeFileSync(join(dataDir, 'postgres.restored', 'duly-secret'), 'new secret');
  writeFileSync(join(dataDir, 'secret'), 'old secret');
  return dataDir;
}

/**
 * Lets that many changes of directories succeed. The next one throws, and has done nothing.
 * @returns whether `finishRestore` was not complete by then
 */
function interrupt(dataDir: string, allowed: number): boolean {
  const originals = {
    renameSync: fs.renameSync,
    unlinkSync: fs.unlinkSync,
    linkSync: fs.linkSync,
    rmSync: fs.rmSync,
  };
  let changes = 0;
  const counted =
    <T extends unknown[]>(change: (...args: T) => void) =>
    (...args: T) => {
      changes += 1;
      if (changes > allowed) throw new Error('killed');
      change(...args);
    };
  fs.renameSync = counted(originals.renameSync);
  fs.unlinkSync = counted(originals.unlinkSync);
  fs.linkSync = counted(originals.linkSync);
  fs.rmSync = counted(originals.rmSync);
  syncBuiltinESMExports();
  try {
    finishRestore(dataDir);
    return false;
  } catch {
    return true;
  } finally {
    Object.assign(fs, originals);
    syncBuiltinESMExports();
  }
}

test.each([false, true])(
  'interrupted at any change, the exchange is completed by the next call (links: %s)',
  (isRelocated) => {
    let points = 0;
    for (let isInterrupted = true; isInterrupted; points += 1) {
      const dataDir = restoredDataDir(isRelocated);
      isInterrupted = interrupt(dataDir, points);
      finishRestore(dataDir);
      const read = (...path: string[]) => readFileSync(join(dataDir, ...path), 'utf8');
      expect([read('postgres', 'PG_VERSION'), read('secret')]).toEqual(['new', 'new secret']);
      const kept = readdirSync(dataDir)
        .filter((name) => name.includes('.before-restore-'))
        .sort();
      expect(kept).toEqual([expect.stringMatching(/^postgres\./), expect.stringMatching(/^secret\./)]);
      expect([read(`${kept[0]}`, 'PG_VERSION'), read(`${kept[1]}`)]).toEqual(['old', 'old secret']);
      expect(readdirSync(dataDir).filter((name) => /\.new-|\.restored/.test(name))).toEqual([]);
      expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['PG_VERSION']);
    }
    expect(points).toBeGreaterThan(5);
  },
);

const killAtRename = new URL('../support/kill-at-rename.ts', import.meta.url).href;

test('a killed restore has changed nothing, or the next start completes it', async () => {
  const env = await newBackupSettings();
  const server = await startTestServer(env);
  await waitForStatus(env.DATA_DIR, ({ backupAt }) => backupAt !== null);
  const before = await newCaller(server.url, 'ada');
  await before.createTasks(['one']);
  const { next_cursor: cursor } = (await before.send('GET', '/changes')).body;
  await waitForArchive(env);
  server.child.kill('SIGTERM');
  await server.ended;
  const restoreUntil = (path: string) =>
    runCommand(
      { ...env, NODE_OPTIONS: `--import ${killAtRename}`, KILL_AT_RENAME_TO: path },
      'restore',
      '--to',
      'latest',
    );
  const leftovers = () =>
    readdirSync(env.DATA_DIR).filter((name) => /\.new-|\.restored|restore\.lock/.test(name));

  expect((await restoreUntil('/postgres.restored')).signal).toBe('SIGKILL');
  const unchanged = await startTestServer(env);
  expect((await before.at(unchanged.url).send('GET', `/changes?since=${cursor}`)).status).toBe(200);
  expect(leftovers()).toEqual([]);
  unchanged.child.kill('SIGTERM');
  await unchanged.ended;

  expect((await restoreUntil('/postgres')).signal).toBe('SIGKILL');
  expect(existsSync(join(env.DATA_DIR, 'postgres'))).toBe(false);
  const restored = await startTestServer(env);
  expect((await before.at(restored.url).send('GET', '/tasks')).status).toBe(401);
  const after = await newCaller(restored.url, 'ada');
  expect(await after.titles()).toEqual(['one']);
  expect((await after.send('GET', `/changes?since=${cursor}`)).status).toBe(410);
  expect(leftovers()).toEqual([]);
}, 300_000);
