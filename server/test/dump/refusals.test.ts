import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode } from '../../src/backup/encoding.ts';
import { encodeTarHeader, readTar, tarEnd, tarPadding } from '../../src/backup/tar.ts';
import { migrateDown } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { openSingleConnection } from '../../src/db/single-connection.ts';
import { writeDump } from '../../src/dump/create.ts';
import { manifestEntry } from '../../src/dump/format.ts';
import { writeDumpFile } from '../../src/dump/output.ts';
import { openDump } from '../../src/dump/read.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { asAdmin, createDatabase, type TestDatabase } from '../support/database.ts';
import { dumpToFile, loadFromFile, newDatabase, newDumpPath, readDumpFile } from '../support/dumps.ts';
import { silentLog as log } from '../support/log.ts';
import { isLong } from '../support/long-tests.ts';
import { dumpSchema } from '../support/schema-dump.ts';

let app: TestApp;
/** Stays empty, because everything is refused. */
let empty: TestDatabase;
let dump: string;
let content: Buffer;

beforeAll(async () => {
  app = await startApp();
  empty = await createDatabase('empty');
  const user = await app.newUser();
  for (const title of ['one', 'two', 'three'])
    await app.request('POST', `${user.v1}/tasks`, { token: user.token, body: { title, tags: ['home'] } });
});
afterAll(async () => {
  await empty.drop();
  await app.close();
});

/** A fresh file of that dump. */
async function newDump(change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
  if (content === undefined) {
    dump = newDumpPath();
    await dumpToFile(app.database.connection, dump);
    content = readFileSync(dump);
  }
  const path = newDumpPath();
  writeFileSync(path, change(Buffer.from(content)));
  return path;
}

/** Refused with that line, and nothing of the service is in the database. */
async function expectRefusal(path: string, line: RegExp, identities: string[] = []): Promise<void> {
  const { connection } = empty;
  const error = await loadFromFile(connection, path, identities).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'StartError', message: expect.stringMatching(line) });
  expect(String(error)).not.toContain('\n');
  const schemas = await asAdmin(
    `select nspname from pg_namespace where nspname in ('duly', 'better_auth')`,
    connection.database,
  );
  expect(schemas).toEqual([]);
}

const rowsOf = async ({ connection }: TestDatabase, table: string) =>
  (await asAdmin<{ count: number }>(`select count(*)::int as count from ${table}`, connection.database))[0]
    ?.count;

describe('a file that is no whole dump is refused in one line, and nothing is stored', () => {
  test('wrong magic', async () => {
    const wrong = await newDump((bytes) => Buffer.concat([Buffer.from('PGDMP'), bytes]));
    await expectRefusal(wrong, /is no dump of Duly/);
    await expectRefusal(await newDump(() => Buffer.alloc(0)), /is no dump of Duly/);
  });

  test('truncated anywhere', async () => {
    for (const part of isLong ? [0.02, 0.5, 0.9] : [0.5])
      await expectRefusal(
        await newDump((bytes) => bytes.subarray(0, Math.floor(bytes.length * part))),
        /is damaged/,
      );
    // The last bytes are an empty block and a checksum: without them all rows are there.
    await expectRefusal(await newDump((bytes) => bytes.subarray(0, -20)), /is damaged/);
  });

  test('a flipped bit anywhere', async () => {
    for (const part of isLong ? [0.1, 0.4, 0.7, 0.95] : [0.1, 0.7]) {
      const flipped = await newDump((bytes) => {
        const at = Math.floor(bytes.length * part);
        bytes[at] = (bytes[at] ?? 0) ^ 4;
        return bytes;
      });
      await expectRefusal(flipped, /is damaged/);
    }
  });

  test('rows that were changed together with the checksums of the container', async () => {
    await expectRefusal(
      await rewritten((text) => text.replace('three', 'thr3e')),
      /duly\.tasks differs from its digest/,
    );
    await expectRefusal(await rewritten((text) => text.replace(/three.*\n/, '')), /is damaged/);
  });

  test('a newer format, a newer schema, and columns of another schema', async () => {
    const manifest = (from: RegExp, to: string) => rewritten((text) => text.replace(from, to));
    await expectRefusal(await manifest(/"format": 1/, '"format": 2'), /has the format 2 of Duly/);
    await expectRefusal(
      await manifest(/"schemaVersion": \d\d/, '"schemaVersion": 99'),
      /schema version 99 of Duly/,
    );
    await expectRefusal(await manifest(/"title"/, '"tilte"'), /of duly\.tasks, the dump has .*tilte/);
  });

  test('a wrong key, and none', async () => {
    const [right, wrong] = [await generateX25519Identity(), await generateX25519Identity()];
    const path = newDumpPath('duly.tar.zst.age');
    const single = await openSingleConnection(app.database.connection, 'duly test');
    await writeDumpFile(writeDump(single, 'the secret'), path, [await identityToRecipient(right)]);
    await single.close();
    expect(readFileSync(path).includes('three')).toBe(false);
    await expectRefusal(path, /cannot be decrypted with the keys/, [wrong]);
    await expectRefusal(path, /BACKUP_AGE_IDENTITY_FILE names no file/);
    const { connection } = await newDatabase('empty');
    const report = await loadFromFile(connection, path, [right]);
    expect([report.tasks, report.manifest.holdsSecret, report.findings]).toEqual([3, true, []]);
  });
});

/** The dump with another text of the same entries; sizes of entries follow, and checksums of the container. */
async function rewritten(change: (text: string) => string): Promise<string> {
  const source = await newDump();
  const chunks: Buffer[] = [];
  await readTar(await openDump(createReadStream(source), source, []), async ({ path }, body) => {
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(part);
    const changed = change(Buffer.concat(parts).toString());
    const text = Buffer.from(changed);
    const name = path.startsWith('manifest-') ? manifestEntry(changed) : path;
    const header = encodeTarHeader({ path: name, type: 'file', sizeBytes: text.length });
    chunks.push(header, text, tarPadding(text.length));
  });
  const encoded = await encode([...chunks, tarEnd()], []);
  const path = newDumpPath();
  const out: Uint8Array[] = [];
  for await (const chunk of encoded.chunks) out.push(chunk);
  writeFileSync(path, Buffer.concat(out));
  return path;
}

describe('the database', () => {
  test('is refused if it holds anything, which is named', async () => {
    const { connection } = await newDatabase('template');
    const path = await newDump();
    await asAdmin(`insert into duly.owners (user_id, revision) values ('ada', 1)`, connection.database);
    await expect(loadFromFile(connection, path)).rejects.toThrow(
      /rows in duly\.owners: an empty one is wanted/,
    );
    const database = await newDatabase('template');
    expect((await loadFromFile(database.connection, path)).tasks).toBe(3);
    await expect(loadFromFile(database.connection, path)).rejects.toThrow(
      /rows in .*duly\.audit, .*duly\.owners, .*duly\.tasks/,
    );
    expect(await rowsOf(database, 'duly.tasks')).toBe(3);
  });

  test('is refused while an instance is connected', async () => {
    const { connection } = await newDatabase('template');
    const db = createDb({ connection, max: 1, log });
    await sql`select 1`.execute(db);
    await expect(loadFromFile(connection, await newDump())).rejects.toThrow(
      /an instance of Duly is connected/,
    );
    await db.destroy();
  });

  test('gets a dump of an older schema at that version first, and is migrated on; it may be newer itself', async () => {
    const old = await newDatabase('template');
    const db = createDb({ connection: old.connection, max: 1, log });
    await migrateDown(db);
    const before = await sql<{
      version: number;
    }>`select max(version) as version from duly.schema_migrations`.execute(db);
    await sql`insert into duly.owners (user_id, revision) values ('ada', 7)`.execute(db);
    await db.destroy();
    const path = newDumpPath();
    await dumpToFile(old.connection, path);
    const { manifest } = await readDumpFile(path);
    expect(manifest.schemaVersion).toBe(before.rows[0]?.version);
    for (const from of ['empty', 'template'] as const) {
      const database = await newDatabase(from);
      await loadFromFile(database.connection, path);
      expect(await rowsOf(database, 'duly.schema_migrations')).toBe(manifest.schemaVersion + 1);
      expect(
        await asAdmin(`select user_id, revision::int from duly.owners`, database.connection.database),
      ).toEqual([{ user_id: 'ada', revision: 7 }]);
    }
  });

  test('has the same schema afterwards: foreign keys, triggers and sequences', async () => {
    const database = await newDatabase('template');
    await loadFromFile(database.connection, await newDump());
    const [ours, theirs] = [database, app.database].map(({ connection }) =>
      createDb({ connection, max: 1, log }),
    );
    if (ours === undefined || theirs === undefined) throw new Error('two databases are wanted');
    expect(await dumpSchema(ours)).toBe(await dumpSchema(theirs));
    const disabled = await sql`select tgname from pg_trigger where tgenabled <> 'O'`.execute(ours);
    expect(disabled.rows).toEqual([]);
    await Promise.all([ours.destroy(), theirs.destroy()]);
  });
});
