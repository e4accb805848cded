import type { Client } from 'pg';

/** Name of the application's role and of its database. */
export const appRole = 'duly';

/** Key of the advisory lock in database `postgres` that the one running Duly of a DATA_DIR holds: "duly" in ASCII. */
const dataDirLockKey = 0x64756c79;

/** Whether this connection has the lock of its DATA_DIR now. */
export async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    dataDirLockKey,
  ]);
  return rows[0]?.locked === true;
}

/** Runs on every start: completes an interrupted first start, and restores a changed role. */
export async function provision(client: Client, password: string): Promise<void> {
  const role = await client.query('select from pg_roles where rolname = $1', [appRole]);
  if (role.rowCount === 0) await client.query(`create role ${appRole}`);
  await client.query(
    `alter role ${appRole} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password ${client.escapeLiteral(password)}`,
  );
  const database = await client.query('select from pg_database where datname = $1', [appRole]);
  if (database.rowCount === 0) await client.query(`create database ${appRole} owner ${appRole}`);
  await client.query(`alter database ${appRole} owner to ${appRole}`);
}
