import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { findSchemaFit, requireUsableSchema, type SchemaFit } from '../db/schema-fit.ts';
import { requireSupported } from '../db/server-requirements.ts';
import { StartError } from '../platform/errors.ts';
import { requireQueue } from '../worker/queue-schema.ts';
import { type Finding, ok, problem, reasonOf, warning } from './finding.ts';
import { type ConnectedServer, judgeClock, judgeServer } from './judge.ts';

interface DatabaseFacts extends ConnectedServer {
  time: Date;
}

const readFacts = (db: Db) =>
  sql<DatabaseFacts>`select current_setting('server_version') as version,
    current_setting('transaction_read_only') = 'on' as "isReadOnly",
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
    clock_timestamp() as time`.execute(db);

/** The findings without a database. */
export const unreachable = (reason: string): Finding[] => [
  problem('database', reason, 'start the database, or mend DATABASE_URL or DATA_DIR'),
  ...['migrations', 'clock'].map((check) =>
    warning(check, 'not checked, because the database cannot be used', 'mend the database first'),
  ),
];

/**
 * @param poolMax the most connections that the service opens
 * @param source the setting that names the database
 */
export async function checkDatabase(
  db: Db,
  poolMax: number,
  source: 'DATABASE_URL' | 'DATA_DIR',
): Promise<Finding[]> {
  try {
    await readFacts(db);
    // Again, on an open connection: opening one would count as skew of the clock.
    const askedAt = Date.now();
    const { rows } = await readFacts(db);
    const roundTripMs = Date.now() - askedAt;
    const [facts] = rows;
    if (facts === undefined) throw new Error('the database returned no row');
    const skewMs = askedAt + roundTripMs / 2 - Number(facts.time);
    return [
      await judgeDatabase(db, facts, poolMax, roundTripMs),
      await checkMigrations(db, source),
      judgeClock(skewMs, roundTripMs),
    ];
  } catch (error) {
    return unreachable(`${source} cannot be used (${reasonOf(error)})`);
  }
}

async function judgeDatabase(
  db: Db,
  facts: DatabaseFacts,
  poolMax: number,
  roundTripMs: number,
): Promise<Finding> {
  const unsupported = await refusalOf(requireSupported(db));
  if (unsupported !== null)
    return problem('database', unsupported, 'upgrade PostgreSQL, or make the database with UTF8');
  return judgeServer(facts, poolMax, roundTripMs);
}

/** The refusals name the command to run. */
async function checkMigrations(db: Db, source: 'DATABASE_URL' | 'DATA_DIR'): Promise<Finding> {
  const refusal =
    (await refusalOf(requireUsableSchema(db, source))) ?? (await refusalOf(requireQueue(db, source)));
  if (refusal === null) return judgeSchema(await findSchemaFit(db));
  const [message = refusal, remedy = 'run: npm run migrate -- up'] = refusal.split('; ');
  return problem('migrations', message, remedy);
}

function judgeSchema({ status, version, newest }: SchemaFit): Finding {
  if (status === 'pending')
    return warning(
      'migrations',
      `the schema is at version ${version} of ${newest}; this Duly does without the others`,
      'run: npm run migrate -- up',
    );
  if (status === 'newer')
    return ok('migrations', `all are applied, up to ${version} of a newer Duly that this one fits`);
  return ok('migrations', 'all are applied');
}

/** @returns the message of a StartError, or null */
async function refusalOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
}
