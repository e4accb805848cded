import { totalmem } from 'node:os';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createDb } from '../../src/db/pool.ts';
import { memorySettings, usableMemory } from '../../src/db/postgres/memory-settings.ts';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

const mb = 2 ** 20;
const gb = 2 ** 30;
/** What `process.constrainedMemory()` returns without a limit. */
const unlimited = 2 ** 64;

test.each([
  ['a machine without a limit', 8 * gb, unlimited, 8 * gb],
  ['a machine where the limit is unknown', 8 * gb, 0, 8 * gb],
  ['a container with less than the machine', 64 * gb, 512 * mb, 512 * mb],
  ['a container whose limit is above the machine', 2 * gb, 4 * gb, 2 * gb],
])('%s', (_name, total, limit, usable) => {
  expect(usableMemory(total, limit)).toBe(usable);
});

test.each([
  [256 * mb, '64MB', '128MB', '4MB', '16MB'],
  [512 * mb, '64MB', '256MB', '4MB', '16MB'],
  [gb, '64MB', '512MB', '4MB', '16MB'],
  [2 * gb, '128MB', '1024MB', '4MB', '32MB'],
  [4 * gb, '256MB', '2048MB', '8MB', '64MB'],
  [64 * gb, '256MB', '32768MB', '16MB', '64MB'],
])('the settings for %i bytes', (memory, buffers, cache, work, maintenance) => {
  expect(memorySettings(memory)).toEqual({
    shared_buffers: buffers,
    effective_cache_size: cache,
    work_mem: work,
    maintenance_work_mem: maintenance,
    max_connections: '100',
  });
});

test('with a full pool, sorts and buffers take at most half of a machine of 1 GB', () => {
  const { shared_buffers, work_mem, maintenance_work_mem } = memorySettings(gb);
  const ofPool = 15 * Number.parseInt(String(work_mem), 10);
  const others =
    Number.parseInt(String(shared_buffers), 10) + 3 * Number.parseInt(String(maintenance_work_mem), 10);
  expect(ofPool + others).toBeLessThanOrEqual(512);
});

test('the embedded server has them', async () => {
  const database = await createDatabase();
  const db = createDb({ connection: database.connection, max: 1, log: silentLog });
  afterTest.push(database.drop, () => db.destroy());
  const wanted = memorySettings(usableMemory(totalmem(), process.constrainedMemory()));
  const { rows } = await sql<{ name: string; same: boolean }>`
    select name, case when value like '%MB' then pg_size_bytes(current_setting(name)) = pg_size_bytes(value)
      else current_setting(name) = value end as same
    from jsonb_each_text(${JSON.stringify(wanted)}::jsonb) as wanted (name, value)`.execute(db);
  expect(rows.filter(({ same }) => !same)).toEqual([]);
  expect(rows).toHaveLength(5);
});
