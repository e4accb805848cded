import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { onQuery } from '../support/sql/queries.ts';
import { newClient } from '../support/tasks.ts';

/** Collects prepared statements on connections to this port or path, until the end of the test. */
function namedStatements(at: string | number): Set<string> {
  const named = new Set<string>();
  const stop = onQuery(({ client: { port, host }, text, name }) => {
    if (name !== undefined && (port === at || host === at)) named.add(text);
  });
  afterTest.push(async () => stop());
  return named;
}

/** Sends reads and writes of several users at a time. None may fail. */
async function useMuch(app: TestApp): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 4 }, () => newClient(app)));
  for (let round = 0; round < 6; round += 1)
    await Promise.all(
      clients.flatMap((client) => [
        client.create({ tags: ['work'] }),
        client.list(`?offset=${round}`),
        client.list(`?search=some${round}`),
      ]),
    );
}

test('what is asked often is asked by a prepared statement, but for searches, whose best plan depends on the text', async () => {
  const app = await startApp();
  afterTest.push(() => app.close());
  const named = namedStatements(app.database.connection.host);
  await useMuch(app);
  const texts = [...named].join('\n');
  expect(texts).toContain('insert into duly.owners');
  expect(texts).toContain('insert into "duly"."tasks"');
  expect(texts).toContain('from "duly"."tasks" as t where');
  expect(texts).not.toContain('like ');
});

test('a completion and its reversal keep their plans: planning again costs more than they do', async () => {
  const app = await startApp({ DATABASE_POOL_SIZE: '2', DATABASE_POOL_OVERFLOW: '0' });
  afterTest.push(() => app.close());
  const client = await newClient(app);
  const { id } = await client.create();
  // On each connection PostgreSQL plans the first five uses for their parameters.
  for (let round = 0; round < 40; round += 1) await client.bare('PATCH', `/tasks/${id}/complete`);
  const { rows } = await sql<{ text: string; generic: number; custom: number }>`
    select statement as text, generic_plans::int as generic, custom_plans::int as custom
    from pg_prepared_statements`.execute(app.ctx.db);
  expect(rows.filter(({ custom }) => custom > 5)).toEqual([]);
  const isLookup = (text: string) => text.includes('duly.owners') && text.includes('duly.occurrences');
  expect(rows.some(({ text, generic }) => isLookup(text) && generic > 0)).toBe(true);
});

describe.skipIf(!hasPgBouncer('prepared statements behind a pooler'))('behind a pooler', () => {
  test('nothing is asked by name: the next statement may be another session', async () => {
    const direct = await startApp();
    afterTest.push(() => direct.close());
    const url = await startPgBouncer(direct.database);
    const app = await startApp({ DATABASE_URL: url }, direct);
    afterTest.push(() => app.close());
    // So that the statements count as frequent.
    await useMuch(direct);
    const named = namedStatements(Number(new URL(url).port));
    await useMuch(app);
    expect([...named]).toEqual([]);
  });
});
