/** PocketBase's data directory with the rows of Duly, and what makes its users' tokens. */

import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';

const run = promisify(execFile);
const idLength = 15;

export const pocketBasePart = (name: 'hooks' | 'migrations') =>
  fileURLToPath(new URL(`pocketbase/${name}`, import.meta.url));

/** PocketBase takes a binary below the temporary directory for `go run`, and would log each SQL statement. */
const notInDevelopment = '--dev=false';

export const pocketBaseArguments = (directory: string): string[] => [
  ...['--dir', directory, '--migrationsDir', pocketBasePart('migrations')],
  ...['--automigrate=false', notInDevelopment],
];

/** The id of a seeded user, `bench-7`, or of a task, a UUID: 15 lower-case letters and digits. */
export const pocketBaseId = (id: string): string =>
  id.startsWith('bench-')
    ? `bench${id.slice('bench-'.length).padStart(idLength - 'bench'.length, '0')}`
    : id.replaceAll('-', '').slice(0, idLength);

/** Creates the directory and its collections. */
export async function createDataDirectory(binary: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await run(binary, ['migrate', 'up', ...pocketBaseArguments(directory)]);
}

const newSqliteTime = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || 'Z'`;

/** Live tasks only: PocketBase has no trash. */
const tasksSql = `
  select t.id::text, t.user_id, t.title, coalesce(t.description, '') as description,
    (t.completed_at is not null)::int as completed, t.priority::text as priority,
    coalesce(t.due_date::text || ' 00:00:00.000Z', '') as due_date,
    array_to_json(array(select name from duly.task_tags as g where g.user_id = t.user_id and g.task_id = t.id order by name))::text as tags,
    ${newSqliteTime('t.created_at')} as created, ${newSqliteTime('t.updated_at')} as updated
  from duly.tasks as t where t.user_id like 'bench-%' and t.user_id > $1 and t.user_id <= $2 and t.deleted_at is null
  order by t.created_at`;

const usersAtATime = 1_000;

/** Copies the rows of PostgreSQL into the SQLite file. No PocketBase may run on it. */
export async function copyRows(connection: ConnectionSettings, directory: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  const sqlite = new DatabaseSync(join(directory, 'data.db'));
  try {
    sqlite.exec('pragma synchronous = off; begin');
    const insertUser = sqlite.prepare(
      `insert into users (id, email, tokenKey, password, verified, created, updated) values (?, ?, ?, '', 1, ?, ?)`,
    );
    const insertTask = sqlite.prepare(
      `insert into tasks (id, user, title, description, completed, priority, due_date, tags, created, updated)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const now = new Date().toISOString().replace('T', ' ');
    const { rows: users } = await client.query<{ user_id: string }>(
      `select user_id from duly.owners where user_id like 'bench-%' order by user_id`,
    );
    for (const { user_id } of users)
      insertUser.run(pocketBaseId(user_id), `${user_id}@example.com`, tokenKeyOf(user_id), now, now);
    for (let at = 0; at < users.length; at += usersAtATime) {
      const last = users[Math.min(at + usersAtATime, users.length) - 1]?.user_id;
      const { rows } = await client.query(tasksSql, [users[at - 1]?.user_id ?? '', last]);
      for (const { id, user_id, ...task } of rows)
        insertTask.run(pocketBaseId(id), pocketBaseId(user_id), ...Object.values<string | number>(task));
    }
    sqlite.exec('commit; analyze; pragma wal_checkpoint(truncate)');
  } finally {
    sqlite.close();
    await client.end();
  }
}

/** A user's part of the key that signs the user's tokens. PocketBase asks for 30 to 60 characters. */
const tokenKeyOf = (userId: string) => `token-key-of-${userId}`.padEnd(50, '-');

/** @returns a function that makes tokens (HS256) as PocketBase makes them at a login */
export function openTokenMint(directory: string): (userId: string) => string {
  const sqlite = new DatabaseSync(join(directory, 'data.db'), { readOnly: true });
  const { collectionId = null, secret = null } =
    sqlite
      .prepare(
        `select id as "collectionId", options ->> '$.authToken.secret' as secret from _collections where name = 'users'`,
      )
      .get() ?? {};
  sqlite.close();
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return (userId) => {
    const exp = Math.floor(Date.now() / 1_000) + 86_400;
    const claims = { collectionId, exp, id: pocketBaseId(userId), refreshable: true, type: 'auth' };
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    const key = `${tokenKeyOf(userId)}${secret}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
}
