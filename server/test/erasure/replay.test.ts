import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { beginErasure, finishErasure } from '../../src/erasure/erase.ts';
import { appendToErasureList, hashOfUser, readErasureList } from '../../src/erasure/list.ts';
import { replayErasures } from '../../src/erasure/replay.ts';
import { asAdmin, createDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

const origin = { actor: null, requestId: null, address: null };

let directory: string;
let database: TestDatabase;
let lists: { path: string; copy: null };
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'duly-erasures-'));
  database = await createDatabase();
  lists = { path: join(directory, 'erasures'), copy: null };
});
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

async function onDatabase<T>(name: string, work: (db: Db) => Promise<T>): Promise<T> {
  const db = createDb({ connection: { ...database.connection, database: name }, max: 2, log: silentLog });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

const addUser = (db: Db, userId: string) =>
  sql`
    with owner as (insert into duly.owners (user_id, revision) values (${userId}, 1))
    insert into duly.tasks (user_id, title, revision) values (${userId}, 'secret plan', 1)`.execute(db);

const facts = (db: Db) =>
  sql<{ users: string[]; epoch: string }>`
    select array(select distinct user_id from duly.tasks order by 1) as users, (select id from duly.epoch) as epoch`
    .execute(db)
    .then(({ rows }) => rows[0]);

test('a restored database is erased again, under a new epoch, once', async () => {
  const [erased, other] = [`a-${randomUUID()}`, `b-${randomUUID()}`];
  const original = database.connection.database;
  const restored = `${original}_r`;
  await onDatabase(original, async (db) => {
    await addUser(db, erased);
    await addUser(db, other);
  });
  await asAdmin(`create database ${restored} template ${original} owner ${database.connection.user}`);
  await onDatabase(original, async (db) => {
    await beginErasure(db, erased, origin, 'admin.user.erase');
    await finishErasure(db, erased, lists);
    expect((await facts(db))?.users).toEqual([other]);
    const before = await facts(db);
    expect(await replayErasures(db, lists)).toBe(0);
    // Who came back after the erasure is not erased by it.
    await sql`update duly.owners set revision = revision + 1 where user_id = ${erased}`.execute(db);
    await sql`insert into duly.tasks (user_id, title, revision) values (${erased}, 'new', 9)`.execute(db);
    expect(await replayErasures(db, lists)).toBe(0);
    expect(await facts(db)).toEqual({ ...before, users: [erased, other] });
  });
  await onDatabase(restored, async (db) => {
    const before = await facts(db);
    expect(before?.users).toEqual([erased, other]);
    expect(await replayErasures(db, lists)).toBe(1);
    const after = await facts(db);
    expect(after?.users).toEqual([other]);
    expect(after?.epoch).not.toBe(before?.epoch);
    expect(await replayErasures(db, lists)).toBe(0);
    expect(await facts(db)).toEqual(after);
  });
  await asAdmin(`drop database ${restored}`);
});

test('what another instance has erased, and what lies beside the backups, gets into the list', async () => {
  const elsewhere = { userHash: hashOfUser('somebody'), erasedAt: '2026-11-27T10:00:00.000Z' };
  const copy = { kind: 'directory', path: join(directory, 'backups') } as const;
  appendToErasureList(join(copy.path, 'erasures'), [elsewhere]);
  await onDatabase(database.connection.database, async (db) => {
    const userId = `a-${randomUUID()}`;
    await addUser(db, userId);
    const path = join(directory, 'of-another-instance');
    await beginErasure(db, userId, origin, 'admin.user.erase');
    await finishErasure(db, userId, { path, copy: null });
    expect(await replayErasures(db, { ...lists, copy })).toBe(0);
    expect(readErasureList(lists.path)).toEqual([...readErasureList(path), elsewhere]);
  });
});

test('a list survives a line that a crash cut short, and nobody else may read it', async () => {
  const [first, second] = ['a', 'b'].map((id) => ({
    userHash: hashOfUser(id),
    erasedAt: '2026-11-28T10:00:00.000Z',
  }));
  if (first === undefined || second === undefined) return;
  appendToErasureList(lists.path, [first]);
  await appendFile(lists.path, '2026-11-28T10:00:00.000Z abc');
  appendToErasureList(lists.path, [first, second]);
  expect(readErasureList(lists.path)).toEqual([first, second]);
  expect((await readFile(lists.path, 'utf8')).split('\n')).toHaveLength(4);
  expect((await stat(lists.path)).mode & 0o777).toBe(0o600);
  await writeFile(join(directory, 'empty'), '');
  expect(readErasureList(join(directory, 'empty'))).toEqual([]);
});
