import type { Client } from 'pg';
import { systemOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import { endSessions, type RestoredFacts, readFacts } from '../backup/after-restore.ts';
import { listMigrations, migrateTo } from '../db/migrator.ts';
import type { Tx } from '../db/schema.ts';
import type { SingleConnection } from '../db/single-connection.ts';
import { StartError } from '../platform/errors.ts';
import { hasCode } from '../platform/files.ts';
import { findFaults } from './faults.ts';
import { type DumpEnd, type DumpManifest, type TableDigest, tableName } from './format.ts';
import { damagedError, readDump } from './read.ts';
import { createDigest, digestTable, setForCopy } from './tables.ts';
import { finishTables, type LoadTarget, prepareTables, startCopy } from './target.ts';

/**
 * What becomes of the service: after `load` it is a copy, so another epoch begins, and sessions and tokens end. After
 * `upgrade` it is the same service.
 */
export type LoadPurpose = 'load' | 'upgrade';

export interface LoadRequest {
  /** A tar archive as `writeDump` makes it. */
  content: AsyncIterable<Uint8Array>;
  /** The name of the file, for messages. */
  name: string;
  purpose: LoadPurpose;
  /** Stores the secret of the dump, before the rows are committed. */
  onSecret?: (secret: string) => void;
}

export interface LoadReport extends Omit<RestoredFacts, 'lastCommitAt' | 'erasedUsers'> {
  manifest: DumpManifest;
  rows: number;
  /** What was wrong with the data already when it was dumped, one line each. */
  findings: string[];
}

/**
 * Stores a dump in an empty database, in one transaction: all of it, or nothing. The schema is then that of this
 * version.
 * @throws StartError in one line if the dump or the database does not fit
 */
export async function loadDump({ client, db }: SingleConnection, request: LoadRequest): Promise<LoadReport> {
  try {
    return await db.transaction().execute((tx) => loadWithin(tx, client, request));
  } catch (error) {
    // Class 22 and 23: rows that the schema refuses. Their digests would fit only in a dump that was made by hand.
    if (
      hasCode(error, '22P02', '22P04', '22021', '23502', '23503', '23505', '23514') &&
      error instanceof Error
    )
      throw damagedError(request.name, `the database refuses its rows (${error.message})`);
    throw error;
  }
}

async function loadWithin(tx: Tx, client: Client, request: LoadRequest): Promise<LoadReport> {
  const { content, name, purpose, onSecret } = request;
  const copied = createCopier(client, name);
  let manifest: DumpManifest | undefined;
  let target: LoadTarget | undefined;
  const reading = readDump(content, name, {
    async onManifest(found) {
      requireKnownVersion(found, name);
      manifest = found;
      target = await prepareTables(tx, client, found);
    },
    async onSecret(secret) {
      onSecret?.(secret);
    },
    onRows: (table, text) => copied.add(target, table, text),
    async onEnd(end) {
      compareDigests(await copied.end(), end.tables, (what) => damagedError(name, what));
      if (target !== undefined) await verifyStored(target, end);
    },
  });
  await reading.catch(async (error: unknown) => {
    await copied.abort();
    throw error;
  });
  if (manifest === undefined) throw damagedError(name, 'it is empty');
  await migrateTo(tx, listMigrations().length);
  await setForCopy(client);
  const facts = await settle(tx, client, purpose);
  const findings = await findFaults(tx, client);
  return { ...facts, manifest, rows: copied.rows(), findings };
}

function requireKnownVersion({ schemaVersion, duly }: DumpManifest, name: string): void {
  const newest = listMigrations().length;
  if (schemaVersion > newest)
    throw new StartError(
      `${name} has the schema version ${schemaVersion} of Duly ${duly}, and this Duly knows ${newest}: load it with that version`,
    );
}

/** Feeds the parts of each table to one COPY. */
function createCopier(client: Client, name: string) {
  const digests: Record<string, TableDigest> = {};
  let current: {
    name: string;
    copy: ReturnType<typeof startCopy>;
    digest: ReturnType<typeof createDigest>;
  } | null = null;

  async function finish(): Promise<void> {
    if (current === null) return;
    await current.copy.end();
    digests[current.name] = current.digest.end();
    current = null;
  }

  return {
    async add(
      target: LoadTarget | undefined,
      tableOfPart: string,
      text: AsyncIterable<Buffer>,
    ): Promise<void> {
      if (current?.name !== tableOfPart) {
        await finish();
        const table = target?.tables.get(tableOfPart);
        if (table === undefined || digests[tableOfPart] !== undefined)
          throw damagedError(name, `it has a part of ${tableOfPart} where none belongs`);
        current = { name: tableOfPart, copy: startCopy(client, table), digest: createDigest() };
      }
      for await (const chunk of text) {
        current.digest.add(chunk);
        await current.copy.write(chunk);
      }
    },
    async end() {
      await finish();
      return digests;
    },
    async abort() {
      await current?.copy.abort();
    },
    rows: () => Object.values(digests).reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** @throws what `fault` makes of the first difference */
function compareDigests(
  found: Readonly<Record<string, TableDigest>>,
  expected: DumpEnd['tables'],
  fault: (what: string) => Error,
): void {
  for (const [name, { rows, sha256 }] of Object.entries(expected)) {
    const foundRows = found[name]?.rows ?? 0;
    if (foundRows !== rows) throw fault(`${name} has ${foundRows} rows of ${rows}`);
    if (rows > 0 && found[name]?.sha256 !== sha256) throw fault(`${name} differs from its digest`);
  }
}

/** Reads every stored row back: encodings and types of another server could change one. */
async function verifyStored(target: LoadTarget, end: DumpEnd): Promise<void> {
  const stored: Record<string, TableDigest> = {};
  for (const table of target.tables.values())
    stored[tableName(table)] = await digestTable(target.client, table);
  compareDigests(stored, end.tables, (what) => new StartError(`load: stored otherwise than dumped, ${what}`));
  await finishTables(target, end.sequences);
}

/** The server and its files are other ones now, which must not be taken for a restored backup. */
const forgetServer =
  'update duly.epoch set system_identifier = null, timeline = null, relation = null, files = null';

/** The jobs of these deliveries were left out: the worker takes up what has a time for its next attempt. */
const queueDeliveries = `
  update duly.deliveries set next_try_at = now() where status = 'queued' and next_try_at is null`;

async function settle(
  tx: Tx,
  client: Client,
  purpose: LoadPurpose,
): Promise<Omit<RestoredFacts, 'lastCommitAt' | 'erasedUsers'>> {
  await client.query(forgetServer);
  await client.query(queueDeliveries);
  if (purpose === 'load') await client.query('select duly.begin_epoch()');
  const endedSessions = purpose === 'load' ? await endSessions(client) : 0;
  await appendAudit(tx, [
    { userId: '', origin: systemOrigin, action: `service.${purpose}`, outcome: 'success' },
  ]);
  return { ...(await readFacts(client)), endedSessions };
}
