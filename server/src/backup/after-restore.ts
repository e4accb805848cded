import type { Client } from 'pg';
import type { Logger } from 'pino';
import { systemOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { ErasureSettings } from '../config/erasure.ts';
import { fileIdentity } from '../db/epoch.ts';
import { migrateUp } from '../db/migrator.ts';
import { createDb } from '../db/pool.ts';
import { socketPort } from '../db/postgres/server-settings.ts';
import { replayErasures } from '../erasure/replay.ts';
import type { RecoveredServer } from './scratch-cluster.ts';

export interface RestoredFacts {
  epoch: string;
  endedSessions: number;
  users: number;
  tasks: number;
  /** How many users of the erasure list the backup still had: they are erased again. */
  erasedUsers: number;
  /** The last commit that was replayed; null if none was. */
  lastCommitAt: Date | null;
}

/**
 * Makes recovered data ready to be served: the newest schema, another epoch, no sessions, and no token that was issued
 * before. What was revoked, banned or signed out after the restored instant is not known any more.
 * @param versionFile PG_VERSION of the restored cluster, by which later starts recognize it
 */
export async function finishRestoredData(
  server: RecoveredServer,
  versionFile: string,
  superuserPassword: string,
  erasures: ErasureSettings,
  log: Logger,
): Promise<RestoredFacts> {
  const admin = await server.connect('postgres', 'duly');
  try {
    await admin.query(`alter role postgres password ${admin.escapeLiteral(superuserPassword)}`);
    const { rows } = await admin.query<{ at: Date | null }>('select pg_last_xact_replay_timestamp() as at');
    await migrateAs(server, log);
    const erasedUsers = await withDb(server, log, (db) => replayErasures(db, erasures));
    const facts = await endWhatWasValid(admin, versionFile);
    await recordRestore(server, log);
    return { ...facts, erasedUsers, lastCommitAt: rows[0]?.at ?? null };
  } finally {
    await admin.end();
  }
}

/** Tables belong to the role `duly`, which a migration has to run as. */
async function withDb<T>(
  server: RecoveredServer,
  log: Logger,
  work: (db: Parameters<typeof migrateUp>[0]) => Promise<T>,
) {
  const connection = { host: server.socketDirectory, port: socketPort, user: 'duly', database: 'duly' };
  const db = createDb({ connection, max: 2, log, queryTimeoutMs: 0 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

const migrateAs = (server: RecoveredServer, log: Logger) => withDb(server, log, migrateUp);

const recordRestore = (server: RecoveredServer, log: Logger) =>
  withDb(server, log, (db) =>
    appendAudit(db, [
      {
        userId: '',
        origin: systemOrigin,
        action: 'service.restore',
        outcome: 'success',
      },
    ]),
  );

async function endWhatWasValid(
  admin: Client,
  versionFile: string,
): Promise<Omit<RestoredFacts, 'lastCommitAt' | 'erasedUsers'>> {
  await admin.query('begin');
  const before = await admin.query<{ id: string }>('select id from duly.epoch');
  const after = await admin.query<{ id: string }>('select id from duly.check_epoch($1)', [
    fileIdentity(versionFile),
  ]);
  if (after.rows[0]?.id === before.rows[0]?.id) await admin.query('select duly.begin_epoch()');
  const endedSessions = await endSessions(admin);
  const facts = await readFacts(admin);
  await admin.query('commit');
  return { ...facts, endedSessions };
}

/** Ends all sessions, and refuses every token that was issued until now. @returns how many sessions there were */
export async function endSessions(client: Client): Promise<number> {
  await client.query('update duly.epoch set tokens_valid_from = clock_timestamp()');
  return (await client.query('delete from better_auth.session')).rowCount ?? 0;
}

export async function readFacts(client: Client): Promise<Pick<RestoredFacts, 'epoch' | 'users' | 'tasks'>> {
  const { rows } = await client.query<{ epoch: string; users: number; tasks: number }>(`
    select id as epoch, (select count(*)::float8 from duly.owners) as users,
      (select count(*)::float8 from duly.tasks) as tasks from duly.epoch`);
  if (rows[0] === undefined) throw new Error('the restored database has no epoch');
  return rows[0];
}
