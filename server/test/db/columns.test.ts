import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  boolean,
  type ColumnType,
  column,
  createReader,
  date,
  integer,
  jsonObject,
  nullable,
  selectColumns,
  text,
  textArray,
  timestamp,
  uuid,
} from '../../src/db/columns.ts';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const uuidValue = '6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11';
const values: [string, ColumnType<unknown, unknown>, unknown][] = [
  ['text', text, 'a "quoted"\n\\ line'],
  ['uuid', uuid, uuidValue],
  ['date', date, '2028-02-29'],
  ['boolean', boolean, false],
  ['integer', integer, 0],
  ['text[]', textArray, ['a', 'b,c', '"']],
  ['timestamptz', timestamp, '2026-11-21T08:00:00.120Z'],
  ['timestamptz', timestamp, '2026-11-21T08:00:00.000Z'],
];

test.each(
  values.flatMap(
    ([sqlType, type, value]) =>
      [
        [sqlType, type, value],
        [`${sqlType} that may be null`, nullable(type), value],
        [`${sqlType} that is null`, nullable(type), null],
      ] as const,
  ),
)('a value of type %s is the same when it is read and in JSON', async (_, type, value) => {
  const columns = { field: column(type, { setBy: 'client' }) };
  const row = { alias: 't', userId: sql`''` };
  const { rows } = await sql<{ json: string }>`
    select ${selectColumns(columns, row, 'noun.')}, ${jsonObject(columns, ['field'], row)} as json
    from (select ${value}::${sql.raw(type.name)} as field) as t`.execute(app.ctx.db);
  const [found] = rows;
  expect(createReader(columns, 'noun.')(found ?? {})).toEqual({ field: value });
  expect(JSON.parse(found?.json ?? '')).toEqual({ field: value });
});
