import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createWalArchiver } from '../../src/backup/archiver.ts';
import { listWal, loadWal } from '../../src/backup/wal-store.ts';
import { backupSettings } from '../../src/config/backup.ts';
import { createDirectoryStore } from '../../src/stores/directory-store.ts';
import { afterTest } from '../support/clean-up.ts';
import { silentLog } from '../support/log.ts';
import { patience } from '../support/patience.ts';

const segment = (number: number) => `0000000100000000${number.toString(16).toUpperCase().padStart(8, '0')}`;

/** A data directory with WAL that waits, an archiver of it, and a target that is made by `mount`. */
function startArchiver(env: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'duly-archiver-'));
  const [cluster, directory] = [join(root, 'cluster'), join(root, 'target')];
  const wal = join(cluster, 'pg_wal');
  const marks = join(wal, 'archive_status');
  mkdirSync(marks, { recursive: true });
  const complete = (name: string, content = name) => {
    writeFileSync(join(wal, name), content);
    writeFileSync(join(marks, `${name}.ready`), '');
  };
  const store = createDirectoryStore(directory);
  const archiver = createWalArchiver(backupSettings(env), store, cluster, '4711', null, silentLog);
  const stopping = new AbortController();
  const start = () => {
    const running = archiver.run(stopping.signal);
    afterTest.push(async () => {
      stopping.abort();
      await running;
      rmSync(root, { recursive: true, force: true });
    });
  };
  const isDone = (name: string) => existsSync(join(marks, `${name}.done`));
  return { archiver, root, directory, store, complete, start, isDone, mount: () => mkdirSync(directory) };
}

test('stores each completed file once, and then lets the server remove it', async () => {
  const { complete, start, isDone, mount, directory, store } = startArchiver();
  mount();
  const names = [segment(1), segment(2), '00000002.history', `${segment(2)}.00000028.backup`];
  for (const name of names) complete(name);
  start();
  await vi.waitUntil(() => names.every(isDone), patience);
  const stored = await listWal(store);
  expect([...stored.keys()].sort()).toEqual([...names].sort());
  const first = stored.get(segment(1)) ?? expect.fail('not stored');
  expect((await loadWal(store, first, [])).toString()).toBe(segment(1));
  // After a crash between the two steps the server offers the file again.
  complete(segment(2));
  rmSync(join(directory, '..', 'cluster', 'pg_wal', 'archive_status', `${segment(2)}.done`));
  await vi.waitUntil(() => isDone(segment(2)), patience);
  expect((await listWal(store)).size).toBe(names.length);
});

test('a target that is away is a failure at once, and what waited is stored when it is back', async () => {
  const { archiver, complete, start, isDone, mount } = startArchiver();
  complete(segment(1));
  start();
  await vi.waitUntil(() => archiver.status().failingSince !== null, patience);
  expect(archiver.status()).toMatchObject({
    waitingSegments: 1,
    gapAt: null,
    reason: expect.stringMatching(/ENOENT/),
  });
  expect(isDone(segment(1))).toBe(false);
  mount();
  await vi.waitUntil(() => isDone(segment(1)), patience);
  await vi.waitUntil(() => archiver.status().failingSince === null, patience);
  expect(archiver.status()).toMatchObject({ waitingSegments: 0, gapAt: null });
});

test('WAL beyond the limit is given up oldest first, and the gap is known', async () => {
  const { archiver, complete, start, isDone } = startArchiver({ BACKUP_WAL_LIMIT_MB: '256' });
  for (let number = 1; number <= 18; number += 1) complete(segment(number));
  start();
  await vi.waitUntil(() => archiver.status().gapAt !== null, patience);
  expect([segment(1), segment(2), segment(3)].map(isDone)).toEqual([true, true, false]);
});

test('missing segments are a gap, and another history of the same name is refused', async () => {
  const { archiver, root, directory, complete, start, isDone, mount } = startArchiver();
  mount();
  complete(segment(1));
  start();
  await vi.waitUntil(() => isDone(segment(1)), patience);
  complete(segment(3));
  await vi.waitUntil(() => archiver.status().gapAt !== null, patience);
  complete(segment(3), 'another content');
  rmSync(join(root, 'cluster', 'pg_wal', 'archive_status', `${segment(3)}.done`), { force: true });
  await vi.waitUntil(() => /a copy of this database/.test(archiver.status().reason ?? ''), patience);
  expect(readdirSync(join(directory, 'wal', '00000001')).length).toBe(2);
});

test("the backups of another database are not mixed with this one's", async () => {
  const { archiver, complete, start, mount, directory } = startArchiver();
  mount();
  writeFileSync(join(directory, 'duly-backups'), '1234\n');
  complete(segment(1));
  start();
  await vi.waitUntil(() => /another database/.test(archiver.status().reason ?? ''), patience);
});
