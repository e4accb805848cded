/** Rates of the database and the framework alone on the same machine: the limits to compare with. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { ConnectionSettings } from '../src/db/postgres/embedded.ts';
import { listTasks } from '../src/tasks/list.ts';
import { statementOf } from '../test/support/capture-statement.ts';

/** A transaction as a pgbench script, in which `:u` is a random user's number, and as statements with parameters. */
interface Script {
  pgbench: string;
  statements: { text: string; values: (userId: string) => unknown[] }[];
}

const randomUserSql = "'bench-' || :u";

/** The statement of a list, exactly as the code under test builds it. */
export async function listScript(users: number): Promise<Script> {
  const filter = {
    sort_by: 'created_at',
    sort_direction: 'desc',
    status: 'all',
    priority: 'all',
    tags_match: 'any',
    limit: 50,
    offset: 0,
    position: null,
  } as const;
  const { sql: text, parameters } = await statementOf((db) => listTasks(db, 'the user', filter));
  const shown = (parameter: unknown) => (parameter === 'the user' ? randomUserSql : String(parameter));
  const inline = text.replaceAll(/\$(\d+)/g, (_, place) => shown(parameters[Number(place) - 1]));
  return {
    pgbench: `\\set u random(0, ${users - 1})\n${inline.replaceAll(/\s+/g, ' ')};\n`,
    statements: [
      {
        text,
        values: (userId) => parameters.map((parameter) => (parameter === 'the user' ? userId : parameter)),
      },
    ],
  };
}

/** The least that a backend with a counter per user has to do to store a task. */
export function createScript(users: number): Script {
  const incrementRevision = (userId: string) =>
    `update duly.owners set revision = revision + 1 where user_id = ${userId} returning revision`;
  const insert = (userId: string, revision: string) =>
    `insert into duly.tasks (user_id, title, description, priority, due_date, revision) values (${userId}, 'Call number 7 about the meeting', 'Something that somebody wrote down in a hurry, to be done before the week is over', 'High', '2027-01-11', ${revision})`;
  const begin = { text: 'begin', values: () => [] };
  const end = { text: 'commit', values: () => [] };
  return {
    pgbench: `\\set u random(0, ${users - 1})\nbegin;\n${incrementRevision(randomUserSql)} \\gset\n${insert(randomUserSql, ':revision')};\ncommit;\n`,
    statements: [
      begin,
      { text: incrementRevision('$1'), values: (userId) => [userId] },
      { text: insert('$1', '1'), values: (userId) => [userId] },
      end,
    ],
  };
}

const run = promisify(execFile);

export async function hasPgbench(): Promise<boolean> {
  return run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Transactions per second, with prepared statements. */
export async function measureScript(
  connection: ConnectionSettings,
  script: Script,
  options: { users: number; clients: number; seconds: number },
): Promise<number> {
  return (await hasPgbench())
    ? runPgbench(connection, script, options)
    : runClients(connection, script, options);
}

async function runPgbench(
  { host, port, user, password, database }: ConnectionSettings,
  { pgbench }: Script,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'duly-pgbench-'));
  try {
    const file = join(directory, 'script.sql');
    writeFileSync(file, pgbench);
    const at = ['-h', host, '-p', String(port), '-U', user];
    const how = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(seconds), '-f', file];
    const { stdout } = await run('pgbench', [...at, ...how, database], {
      env: { ...process.env, PGPASSWORD: password },
    });
    const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    if (rate === undefined) throw new Error('pgbench tells no rate');
    return Number(rate);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Replaces a missing pgbench, but takes more CPU on the machine under test. */
async function runClients(
  connection: ConnectionSettings,
  { statements }: Script,
  { users, clients, seconds }: { users: number; clients: number; seconds: number },
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let transactions = 0;
  const runClient = async () => {
    const client = new pg.Client(connection);
    await client.connect();
    while (performance.now() < end) {
      const userId = `bench-${Math.floor(Math.random() * users)}`;
      for (const [index, { text, values }] of statements.entries())
        await client.query({ name: `s${index}`, text, values: values(userId) });
      transactions += 1;
    }
    await client.end();
  };
  await Promise.all(Array.from({ length: clients }, runClient));
  return transactions / seconds;
}
