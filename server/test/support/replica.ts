import { migrateUp } from '../../src/db/migrator.ts';
import { connectionFromUrl, createDb } from '../../src/db/pool.ts';
import { migrateQueue } from '../../src/worker/queue-schema.ts';
import { startApp, type TestApp } from './app.ts';
import { silentLog } from './log.ts';
import { createReplicaCluster, initCluster, type TestCluster } from './postgres15.ts';
import { onQuery } from './sql/queries.ts';

const role = 'app';
export const database = 'duly';

export interface ReplicatedPair {
  primary: TestCluster;
  replica: TestCluster;
  /** A Duly on both. */
  startApp(env?: Record<string, string>): Promise<TestApp>;
}

/** A migrated primary with a streaming replica, until the end of the file. */
export async function startReplicatedPair(): Promise<ReplicatedPair> {
  const primary = await initCluster();
  await primary.start();
  await primary.query(`create role ${role} login`);
  await primary.query(`create database ${database} owner ${role}`);
  const url = primary.url(role, database);
  const db = createDb({ connection: connectionFromUrl(url), max: 2, log: silentLog });
  await migrateUp(db);
  await migrateQueue(db, silentLog);
  await db.destroy();
  const replica = await createReplicaCluster(primary);
  await replica.start();
  const connection = { host: '127.0.0.1', port: primary.port, user: role, password: '', database };
  return {
    primary,
    replica,
    startApp: (env = {}) =>
      startApp(
        { DATABASE_URL: url, DATABASE_REPLICA_URL: replica.url(role, database), ...env },
        { database: { connection, drop: async () => {} } },
      ),
  };
}

/** Statements of the background, of new connections and of idle ones. */
const backgroundStatements =
  /access_events|^select (pg_is_in_recovery|current_setting)|pg_notify|pg_control_system|pg_backend_pid|^set statement_timeout/;

/** Records this process' statements by the server's port, until `restore`. */
export function recordStatementsByPort(): { on(port: number): string[]; forget(): void; restore(): void } {
  const statements: { port: number; text: string }[] = [];
  const restore = onQuery(({ client: { port }, text }) => {
    if (!backgroundStatements.test(text)) statements.push({ port, text });
  });
  return {
    on: (port) => statements.filter((one) => one.port === port).map(({ text }) => text),
    forget: () => statements.splice(0),
    restore,
  };
}
