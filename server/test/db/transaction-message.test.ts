import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { CompiledQuery } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { onConnection } from '../../src/db/transaction.ts';
import { startApp } from '../support/app.ts';
import { afterFile } from '../support/clean-up.ts';
import { createDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { newClient } from '../support/tasks.ts';

/** Forwards to the port, and counts how often the client sends after the server has: notifications excepted. */
async function startTurnCounter(port: number) {
  let turns = 0;
  const server = createServer((from) => {
    let isClientLast = false;
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) socket.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      if (!isClientLast && !chunk.includes('pg_notify')) turns += 1;
      isClientLast = true;
    });
    to.on('data', () => {
      isClientLast = false;
    });
    from.pipe(to).on('close', () => from.destroy());
    to.pipe(from).on('close', () => to.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterFile.push(() => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { port: address.port, turns: () => turns };
}

const isHere = hasPgBouncer('a statement as a transaction through a pooler');

describe.skipIf(!isHere)('one statement as a transaction through a pooler', () => {
  let counter: Awaited<ReturnType<typeof startTurnCounter>>;
  let db: Db;
  let url: URL;

  beforeAll(async () => {
    const database = await createDatabase();
    afterFile.push(() => database.drop());
    url = new URL(await startPgBouncer(database));
    counter = await startTurnCounter(Number(url.port));
    url.port = String(counter.port);
    db = createDb({ connection: connectionFromUrl(url.href), max: 1, log: silentLog });
    afterFile.push(() => db.destroy());
  });

  const run = (text: string) =>
    onConnection(db, ({ autocommit }) =>
      autocommit(async (handle) => {
        const before = counter.turns();
        const { rows } = await handle.executeQuery<Record<string, unknown>>(
          CompiledQuery.raw(text, ['a value']),
        );
        return { rows, turns: counter.turns() - before };
      }),
    );
  const settings = `select $1::text as value, current_setting('statement_timeout') as timeout,
    current_setting('lock_timeout') as lock_timeout, current_setting('transaction_isolation') as isolation`;
  const findUsers = async () =>
    (await db.selectFrom('duly.owners').select('user_id').execute()).map(({ user_id }) => user_id);

  test('it has the limits and the isolation, in one round trip', async () => {
    await findUsers();
    expect(await run(settings)).toEqual({
      rows: [{ value: 'a value', timeout: '30s', lock_timeout: '10s', isolation: 'read committed' }],
      turns: 1,
    });
    const { rows } = await db.executeQuery(
      CompiledQuery.raw(`select current_setting('lock_timeout') as limit`),
    );
    expect(rows).toEqual([{ limit: '0' }]);
  });

  test('it is committed; a failed one leaves nothing, and the connection goes on', async () => {
    await run('insert into duly.owners (user_id, revision) values ($1, 1) returning user_id');
    await expect(
      run(`with added as (insert into duly.owners (user_id, revision) values ('other', 1) returning revision)
        select 1 / (revision - 1), $1::text from added`),
    ).rejects.toThrow('division by zero');
    await expect(
      run('insert into duly.owners (user_id, revision) values ($1, 1) returning user_id'),
    ).rejects.toMatchObject({ code: '23505' });
    expect(await findUsers()).toEqual(['a value']);
  });

  test('a PATCH takes two round trips to the pooler, a create one', async () => {
    const app = await startApp({ DATABASE_URL: url.href });
    try {
      const client = await newClient(app);
      const task = await client.create({ title: 'first' });
      const turnsOf = async (work: () => Promise<unknown>) => {
        const before = counter.turns();
        await work();
        return counter.turns() - before;
      };
      // What polls in the background may add some.
      const least = async (work: () => Promise<unknown>) =>
        Math.min(await turnsOf(work), await turnsOf(work), await turnsOf(work));
      let number = 0;
      const patch = () => client.v1('PATCH', `/tasks/${task.id}`, { title: `number ${number++}` });
      expect(await least(patch)).toBe(2);
      expect(await least(() => client.create({ title: 'next' }))).toBe(1);
      expect((await client.get(task.id)).title).toBe('number 2');
    } finally {
      await app.close();
    }
  });
});
