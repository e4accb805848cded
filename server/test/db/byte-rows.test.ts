import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asBytes } from '../../src/db/byte-rows.ts';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const bytesOf = (text: string, from = 'select') =>
  sql<{ text: Buffer | null; empty: Buffer; none: null; count: number; yes: boolean; no: boolean }>`${sql.raw(
    asBytes,
  )} ${sql.raw(from)} ${text}::text as text, ''::text as empty, null::text as none, -7 as count, true as yes, false as no`.execute(
    app.ctx.db,
  );

/** 16 kB is the driver's first buffer, 64 kB what Node reads at most at once. */
const sizes = [1, 8_190, 16_384, 65_530, 65_536, 1_000_000];

test.each(sizes)('a text of %i characters comes as its bytes, beside numbers and booleans', async (size) => {
  const text = 'ä€😀"\\\n'.repeat(Math.ceil(size / 7)).slice(0, size);
  const valid = text.isWellFormed() ? text : text.slice(0, -1);
  for (let round = 0; round < 7; round += 1) {
    const { rows } = await bytesOf(valid);
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(Buffer.isBuffer(row?.text) && row.text.equals(Buffer.from(valid))).toBe(true);
    expect(row).toMatchObject({ empty: Buffer.alloc(0), none: null, count: -7, yes: true, no: false });
  }
});

test('many at once, between other statements and failures, keep each to its own', async () => {
  const { db } = app.ctx;
  const asks = Array.from({ length: 200 }, (_, number) => async () => {
    const text = `${number} `.repeat(number * 50);
    if (number % 5 === 0)
      expect((await sql<{ text: string }>`select ${text}::text as text`.execute(db)).rows).toEqual([
        { text },
      ]);
    else if (number % 7 === 0)
      await expect(bytesOf(text, 'select 1 / 0,')).rejects.toMatchObject({ code: '22012' });
    else expect((await bytesOf(text)).rows[0]?.text?.toString()).toBe(text);
  });
  await Promise.all(asks.map((ask) => ask()));
});

test('several rows, and none, are rows', async () => {
  const rowsFor = async (count: number) =>
    (
      await sql<{ n: number; text: Buffer }>`${sql.raw(asBytes)}
        select n, repeat('x', n * 1000) as text from generate_series(1, ${count}::int) as n`.execute(
        app.ctx.db,
      )
    ).rows;
  expect(await rowsFor(0)).toEqual([]);
  const rows = await rowsFor(300);
  expect(rows.map(({ n, text }) => [n, text.toString().length])).toEqual(
    Array.from({ length: 300 }, (_, index) => [index + 1, (index + 1) * 1_000]),
  );
});
