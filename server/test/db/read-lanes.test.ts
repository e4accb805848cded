import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asBytes } from '../../src/db/byte-rows.ts';
import { poolStats } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { compileOnce, param } from '../../src/db/statements.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { onQuery } from '../support/sql/queries.ts';

let app: TestApp;
let db: Db;
beforeAll(async () => {
  app = await startApp();
  db = app.ctx.db;
});
afterAll(() => app.close());

/** A statement that was executed often enough to be read in lanes. */
async function frequent<Row>(select: RawBuilder<Row>, params: Record<string, unknown>) {
  const statement = compileOnce((on) => sql<Row>`${sql.raw(asBytes)} ${select}`.compile(on));
  for (let count = 0; count < 5; count += 1) await statement(db, params);
  return (values: Record<string, unknown>) => statement(db, values);
}

/** The backends that got the queries, until the end of the test. */
function countBackends(): Map<unknown, number> {
  const backends = new Map<unknown, number>();
  const stop = onQuery(({ client, text }) => {
    if (text.startsWith(asBytes)) backends.set(client, (backends.get(client) ?? 0) + 1);
  });
  afterTest.push(async () => stop());
  return backends;
}

const quotient = sql<{ text: Buffer; n: number }>`select repeat(${param('text')}::text, 3) as text,
  12 / ${param('n')}::int as n`;

test('many reads go over four connections, and each gets its own rows or its own error', async () => {
  const read = await frequent(quotient, { text: 'x', n: 1 });
  const backends = countBackends();
  const results = await Promise.allSettled(
    Array.from({ length: 300 }, (_, n) => read({ text: `ä${n}`.repeat(n), n: n % 7 })),
  );
  for (const [n, result] of results.entries()) {
    if (n % 7 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    else {
      const rows = result.status === 'fulfilled' ? result.value : [];
      expect(rows.map((row) => [row.text.toString(), row.n])).toEqual([
        [`ä${n}`.repeat(n * 3), Math.trunc(12 / (n % 7))],
      ]);
    }
  }
  expect(backends.size).toBeLessThanOrEqual(4);
  expect(await read({ text: 'y', n: 2 })).toMatchObject([{ n: 6 }]);
  // A connection may still be on its way when others have taken all reads.
  await vi.waitFor(() => expect(poolStats(db).idle).toBe(poolStats(db).total));
});

test('null is a value, and an object is left to the driver', async () => {
  const read = await frequent(sql<{ text: Buffer | null }>`select ${param('text')}::text as text`, {
    text: 'x',
  });
  expect(await read({ text: null })).toEqual([{ text: null }]);
  expect(await read({ text: undefined })).toEqual([{ text: null }]);
  const [row] = await read({ text: { a: 1 } });
  expect(row?.text?.toString()).toBe('{"a":1}');
});

test('reads on a connection that is lost fail, and the next ones succeed', async () => {
  const read = await frequent(
    sql<{ pid: number }>`select pg_backend_pid() as pid from pg_sleep(${param('seconds')}::float)`,
    { seconds: 0 },
  );
  let isSettled = false;
  const slow = Promise.allSettled(Array.from({ length: 8 }, () => read({ seconds: 20 }))).finally(() => {
    isSettled = true;
  });
  while (!isSettled)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()`.execute(db);
  for (const result of await slow)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: '57P01' } });
  expect(await read({ seconds: 0 })).toHaveLength(1);
});

test('other statements get a connection while reads follow one another', async () => {
  const read = await frequent(quotient, { text: 'x', n: 1 });
  let isOver = false;
  const readers = Array.from({ length: 40 }, async () => {
    while (!isOver) await read({ text: 'x'.repeat(1_000), n: 1 });
  });
  for (let count = 0; count < 30; count += 1)
    await Promise.all(Array.from({ length: 20 }, () => sql`select pg_sleep(0.001)`.execute(db)));
  isOver = true;
  await Promise.all(readers);
});
