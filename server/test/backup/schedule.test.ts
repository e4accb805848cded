import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/backup/manifest.ts';
import { pruneTarget } from '../../src/backup/prune.ts';
import { isBackupDue } from '../../src/backup/schedule.ts';
import { backupHealth, emptyStatus, writeBackupStatus } from '../../src/backup/status.ts';
import { findGap, isOnTimeline, parseLsn } from '../../src/backup/timelines.ts';
import { backupSettings } from '../../src/config/backup.ts';
import { createDirectoryStore } from '../../src/stores/directory-store.ts';
import { afterTest } from '../support/clean-up.ts';

const at = (text: string) => Date.parse(`2026-11-${text}Z`);

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'duly-schedule-'));
  afterTest.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const manifest = (day: number, firstWal: string): Manifest => ({
  format: 1,
  name: `2026110${day}`,
  duly: '0',
  postgres: '18',
  systemIdentifier: '1',
  timeline: 1,
  startedAt: '',
  consistentAt: new Date(at(`0${day}T03:00:00`)).toISOString(),
  restorePoint: '',
  lsn: '0/3000028',
  firstWal,
  lastWal: firstWal,
  state: { schemaVersion: 1, epoch: '', rows: {}, feedHeads: '', auditHeads: '' },
  encrypted: false,
  holdsSecret: false,
  archive: { name: 'data.tar.zst', sizeBytes: 1, sha256: '0'.repeat(64) },
  sizeBytes: 1,
  files: [],
});

test('a backup is due once a day, when there is none, and after a gap', () => {
  const three = 3 * 60;
  expect(isBackupDue(null, null, null, at('10T02:00:00'))).toBe(true);
  expect(isBackupDue(three, at('09T03:00:05'), null, at('10T02:59:59'))).toBe(false);
  expect(isBackupDue(three, at('09T03:00:05'), null, at('10T03:00:00'))).toBe(true);
  expect(isBackupDue(three, at('10T03:00:05'), null, at('10T03:00:30'))).toBe(false);
  expect(isBackupDue(null, at('01T03:00:05'), null, at('10T03:00:30'))).toBe(false);
  expect(isBackupDue(null, at('09T03:00:05'), at('09T04:00:00'), at('09T04:00:01'))).toBe(true);
});

/** A target with one backup for each of these, and one archived file for each of the names. */
function fillTarget(
  manifests: readonly Pick<Manifest, 'timeline' | 'firstWal' | 'consistentAt'>[],
  wal: readonly string[],
) {
  const root = temporary();
  const [base, archive] = [join(root, 'base'), join(root, 'wal')];
  for (const [index, change] of manifests.entries()) {
    const directory = join(base, `day${index + 1}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ ...manifest(1, ''), ...change }));
  }
  for (const name of wal) {
    const directory = join(archive, name.slice(0, 8));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${name}-0123456789abcdef.zst`), '');
  }
  return { store: createDirectoryStore(root), base, wal: archive };
}

const segment = (number: number, timeline = 1) =>
  `0000000${timeline}00000000${number.toString(16).toUpperCase().padStart(8, '0')}`;

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('pruning keeps every instant of the days that are asked for, and the WAL from the first backup on', async () => {
  const manifests = [1, 2, 3, 4].map((day) => manifest(day, segment(day * 2 - 1)));
  const wal = numbers(1, 8).map((number) => segment(number));
  const target = fillTarget(manifests, [...wal, '00000001.history']);
  const { backups, walFiles } = await pruneTarget(target.store, 2, at('05T02:00:00'));
  // The second day's is needed for the time between the cut-off and the third.
  expect([backups.map(({ name }) => name), walFiles]).toEqual([['day1'], 2]);
  expect(readdirSync(target.base).sort()).toEqual(['day2', 'day3', 'day4']);
  expect((await pruneTarget(target.store, 1, at('30T00:00:00'))).backups).toHaveLength(2);
  expect(readdirSync(target.base)).toEqual(['day4']);
  expect(readdirSync(join(target.wal, '00000001'))).toHaveLength(3);
});

test('after a restore, pruning keeps the backup that the new timeline began with, until that has one so old', async () => {
  // Restored on the third day to an instant of the first: the second day's backup is of the abandoned future.
  const manifests = [manifest(1, segment(3)), manifest(2, segment(6))];
  const wal = numbers(2, 8).map((number) => segment(number));
  const restored = [...wal, '00000002.history', ...numbers(5, 9).map((number) => segment(number, 2))];
  const first = fillTarget(manifests, restored);
  expect(await pruneTarget(first.store, 1, at('04T02:00:00'))).toEqual({ backups: [], walFiles: 1 });
  expect(readdirSync(join(first.wal, '00000001')).sort()[0]).toContain(segment(3));
  expect(readdirSync(join(first.wal, '00000002'))).toHaveLength(6);
  const own = { ...manifest(4, segment(8, 2)), timeline: 2 };
  const later = fillTarget([...manifests, own], restored);
  expect((await pruneTarget(later.store, 1, at('05T02:00:00'))).backups).toEqual([]);
  const { backups, walFiles } = await pruneTarget(later.store, 1, at('05T04:00:00'));
  expect([backups.map(({ name }) => name), walFiles]).toEqual([['day1', 'day2'], 5 + 3]);
  expect(readdirSync(join(later.wal, '00000001'))).toEqual([expect.stringContaining(segment(8))]);
  expect(readdirSync(join(later.wal, '00000002')).sort()).toEqual(
    ['00000002.history', segment(8, 2), segment(9, 2)].map((name) => expect.stringContaining(name)),
  );
});

test('a backup of an abandoned future, and a gap of the archive, are recognized', () => {
  const backup = { name: 'a', manifest: manifest(1, '000000010000000000000003') };
  expect(isOnTimeline(backup, { id: 1, forks: new Map() })).toBe(true);
  expect(isOnTimeline(backup, { id: 2, forks: new Map([[1, parseLsn('0/3000030')]]) })).toBe(true);
  expect(isOnTimeline(backup, { id: 2, forks: new Map([[1, parseLsn('0/3000020')]]) })).toBe(false);
  const stored = (...names: string[]) =>
    new Map(names.map((name) => [name, { name, path: '', digest: '' }] as const));
  const names = ['4', '5', '7'].map((digit) => `00000001000000000000000${digit}`);
  const first = { id: 1, forks: new Map() };
  expect(findGap(stored(...names), backup, first)).toBe('6');
  expect(findGap(stored(...names.slice(0, 2)), backup, first)).toBe(null);
  // The second timeline began in segment 5. Those of the abandoned future do not fill its gaps.
  const second = { id: 2, forks: new Map([[1, parseLsn('0/5000028')]]) };
  const [five, six, seven] = ['5', '6', '7'].map((digit) => `00000002000000000000000${digit}`);
  expect(findGap(stored(...names, `${five}`, `${six}`, `${seven}`), backup, second)).toBe(null);
  expect(findGap(stored(...names, `${six}`), backup, second)).toBe('5');
  expect(findGap(stored(...names, '000000010000000000000006', `${five}`, `${seven}`), backup, second)).toBe(
    '6',
  );
});

test('the service is told apart by its status: archiving, failing, with a gap, or not running', () => {
  const dataDir = temporary();
  const settings = backupSettings({ BACKUP_DIRECTORY: '/backups' });
  const health = (change: object, now = Date.now()) => {
    writeBackupStatus(dataDir, { ...emptyStatus, updatedAt: new Date().toISOString(), ...change });
    return backupHealth(settings, dataDir, now);
  };
  expect(backupHealth(backupSettings({}), dataDir)).toBe(null);
  expect(backupHealth(settings, dataDir)).toBe('failing');
  expect(health({})).toBe('ok');
  expect(health({ failingSince: '2026-11-28T00:00:00Z' })).toBe('failing');
  expect(health({ gapAt: '2026-11-28T00:00:00Z' })).toBe('failing');
  const now = new Date().toISOString();
  expect(health({ gapAt: '2026-11-28T00:00:00Z', backupAt: now })).toBe('ok');
  expect(health({ backupAt: '2026-11-20T00:00:00Z' })).toBe('failing');
  expect(health({}, Date.now() + 31_000)).toBe('failing');
});
