import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { exportSchema } from '../support/export-schema.ts';
import { silentLog } from '../support/log.ts';

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createDatabase();
  db = createDb({ connection: database.connection, max: 1, log: silentLog });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('the schema of exports is that of the tables; `npm test -- -u` writes it anew', async () => {
  await expect(`${JSON.stringify(await exportSchema(db), null, 2)}\n`).toMatchFileSnapshot(
    '../../src/export/schema.json',
  );
});
