import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startApp } from '../support/app.ts';
import { runCommand } from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { asAdmin, urlOf } from '../support/database.ts';
import { dumpToFile, loadFromFile, newDatabase, newDumpPath } from '../support/dumps.ts';
import { startLoad } from '../support/load.ts';
import { patience } from '../support/patience.ts';
import { startProcess } from '../support/process.ts';

/** The revision that each user's rows fit: every write of these users creates one task. */
const misfits = `select o.user_id from duly.owners o left join duly.tasks t using (user_id)
  group by o.user_id, o.revision having max(t.revision) is distinct from o.revision or count(*) <> o.revision`;

test('a dump under writes is one snapshot: the revision of each user fits the rows', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const load = startLoad(app.url, 8, 0);
  const paths = [newDumpPath(), newDumpPath()];
  try {
    await vi.waitUntil(() => load.acknowledged.length > 50, patience);
    for (const path of paths) await dumpToFile(app.database.connection, path);
  } finally {
    await load.stop();
  }
  for (const path of paths) {
    const { connection } = await newDatabase('empty');
    const report = await loadFromFile(connection, path);
    expect([report.findings, report.tasks > 0]).toEqual([[], true]);
    expect(await asAdmin(misfits, connection.database)).toEqual([]);
  }
  expect(load.acknowledged.length).toBeGreaterThan(10);
});

test('killed at a random point, a dump leaves no file, and a load leaves nothing or everything', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const load = startLoad(app.url, 4, 0);
  await vi.waitUntil(() => load.acknowledged.length > 100, patience);
  await load.stop();
  const source = { DATABASE_URL: urlOf(app.database.connection) };
  const path = newDumpPath();
  await dumpToFile(app.database.connection, path);
  const delayMs = 600 + Math.random() * 1_500;
  const partial = newDumpPath();
  const dumping = startProcess(['dump', partial], source);
  const database = await newDatabase('empty');
  const target = { DATABASE_URL: urlOf(database.connection) };
  const loading = startProcess(['load', path], target);
  setTimeout(() => [dumping, loading].map(({ child }) => child.kill('SIGKILL')), delayMs);
  const [dumped, loaded] = await Promise.all([dumping.ended, loading.ended]);
  const files = readdirSync(dirname(partial)).filter((name) => !name.includes('.new-'));
  if (dumped.code === 0) expect(files).toHaveLength(1);
  if (files.length === 1)
    expect((await loadFromFile((await newDatabase('empty')).connection, partial)).tasks).toBe(
      load.acknowledged.length,
    );
  const again = await runCommand(target, 'load', path);
  // Its tables are there at once or not at all.
  expect(again.stderr).toMatch(loaded.stdout === '' ? /^$|is not empty/ : /is not empty/);
  const [counts] = await asAdmin<{ tasks: number }>(
    'select count(*)::int as tasks from duly.tasks',
    database.connection.database,
  );
  expect(counts?.tasks).toBe(load.acknowledged.length);
  expect((await runCommand(target, 'audit', 'verify')).code).toBe(0);
});

test('the next dump removes what killed ones left, also of another name that was chosen by the time', async () => {
  const { connection } = await newDatabase('template');
  const path = newDumpPath('duly-20260102T030405Z.tar.zst');
  const left = [path, join(dirname(path), 'duly-20260101T000000Z.tar.zst')].map(
    (one) => `${one}.new-99999999`,
  );
  const others = ['duly-20260101T000000Z.tar.zst', 'other.tar.zst.new-99999999'].map((name) =>
    join(dirname(path), name),
  );
  for (const file of [...left, ...others]) writeFileSync(file, '');
  await dumpToFile(connection, path);
  expect(readdirSync(dirname(path)).sort()).toEqual([path, ...others].map((file) => basename(file)).sort());
});

test('a reader that goes ends the dump in one line', async () => {
  const { connection } = await newDatabase('template');
  // More than a pipe holds, and hardly compressible.
  const entry = `(select string_agg(md5(random()::text || n || k), '') from generate_series(1, 100) k)`;
  await asAdmin(
    `insert into duly.audit_refused (sqlstate, entry) select 'x', '"' || ${entry} || '"' from generate_series(1, 500) n`,
    connection.database,
  );
  const { child, ended } = startProcess(['dump', '-'], { DATABASE_URL: urlOf(connection) });
  if (child.stdout === null) throw new Error('no stdout');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([1, 'dump: the reader has gone\n']);
});
