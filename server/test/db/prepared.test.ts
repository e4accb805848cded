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
