import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/backup/manifest.ts';
import { pruneTarget } from '../../src/backup/prune.ts';
import { isBackupDue } from '../../src/backup/schedule.ts';
import { backupHealth, emptyStatus, writeBackupStatus } from '../../src/backup/status.ts';
import { prepareTarget } from '../../src/backup/target.ts';
import { findGap, isOnTimeline, parseLsn } from '../../src/backup/timelines.ts';
import { backupSettings } from '../../src/config/backup.ts';
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

test('pruning keeps every instant of the days that are asked for, and the WAL from the first backup on', () => {
  const target = prepareTarget(temporary(), '1');
  const wal = (number: number) => `00000001000000000000000${number}`;
  for (const [index, day] of [1, 2, 3, 4].entries()) {
    mkdirSync(join(target.base, `day${day}`));
    const text = JSON.stringify(manifest(day, wal(index * 2 + 1)));
    writeFileSync(join(target.base, `day${day}`, 'manifest.json'), text);
  }
  mkdirSync(join(target.wal, '00000001'));
  for (let number = 1; number < 9; number += 1)
    writeFileSync(join(target.wal, '00000001', `${wal(number)}-0123456789abcdef.zst`), '');
  writeFileSync(join(target.wal, '00000001', '00000001.history-0123456789abcdef.zst'), '');
  const { backups, walFiles } = pruneTarget(target, 2, at('05T02:00:00'));
  // The second day's is needed for the time between the cut-off and the third.
  expect([backups.map(({ name }) => name), walFiles]).toEqual([['day1'], 2]);
  expect(readdirSync(target.base).sort()).toEqual(['day2', 'day3', 'day4']);
  expect(pruneTarget(target, 1, at('30T00:00:00')).backups).toHaveLength(2);
  expect(readdirSync(target.base)).toEqual(['day4']);
  expect(readdirSync(join(target.wal, '00000001'))).toHaveLength(3);
});

test('a backup of an abandoned future, and a gap of the archive, are recognized', () => {
  const backup = { name: 'a', directory: '', manifest: manifest(1, '000000010000000000000003') };
  expect(isOnTimeline(backup, { id: 1, forks: new Map() })).toBe(true);
  expect(isOnTimeline(backup, { id: 2, forks: new Map([[1, parseLsn('0/3000030')]]) })).toBe(true);
  expect(isOnTimeline(backup, { id: 2, forks: new Map([[1, parseLsn('0/3000020')]]) })).toBe(false);
  const stored = (...names: string[]) =>
    new Map(names.map((name) => [name, { name, path: '', digest: '' }] as const));
  const names = ['4', '5', '7'].map((digit) => `00000001000000000000000${digit}`);
  expect(findGap(stored(...names), backup)).toBe('6');
  expect(findGap(stored(...names.slice(0, 2)), backup)).toBe(null);
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
