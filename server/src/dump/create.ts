import { secretEntry } from '../backup/archive.ts';
import { encodeTarHeader, tarEnd, tarPadding } from '../backup/tar.ts';
import { currentVersion, listMigrations } from '../db/migrator.ts';
import { schemaMoveVersion } from '../db/schema-location.ts';
import type { SingleConnection } from '../db/single-connection.ts';
import { StartError } from '../platform/errors.ts';
import { version } from '../platform/version.ts';
import {
  type DumpEnd,
  type DumpManifest,
  dumpFormat,
  endEntry,
  manifestEntry,
  partBytes,
  type TableDigest,
  tableName,
} from './format.ts';
import {
  copyRows,
  createDigest,
  type FoundTable,
  listTables,
  quotedName,
  readSequences,
  setForCopy,
} from './tables.ts';

/** What was dumped, for a report. */
export interface DumpReport {
  manifest: DumpManifest;
  rows: number;
}

/**
 * The bytes of a dump's archive: everything of the service, of one snapshot. The service may write meanwhile.
 * @param secret the generated `secret` of DATA_DIR, which signs tokens; null to leave it out
 * @param onManifest called before the first byte
 * @throws StartError for a schema that this Duly does not know
 */
export async function* writeDump(
  { client, db }: SingleConnection,
  secret: string | null,
  onManifest: (manifest: DumpManifest) => void = () => undefined,
): AsyncGenerator<Buffer, DumpReport> {
  await client.query('begin isolation level repeatable read, read only');
  await setForCopy(client);
  const schemaVersion = requireKnown(await currentVersion(db));
  const tables = await listTables(client);
  // A migration would change tables that were not read yet.
  await client.query(
    `lock table ${tables.map((table) => quotedName(client, table)).join(', ')} in access share mode`,
  );
  const { rows: facts } = await client.query<{ postgres: string; epoch: string }>(
    "select current_setting('server_version') as postgres, id as epoch from duly.epoch",
  );
  if (facts[0] === undefined) throw new Error('the database has no epoch');
  const manifest: DumpManifest = {
    format: dumpFormat,
    duly: version,
    ...facts[0],
    createdAt: new Date().toISOString(),
    schemaVersion,
    holdsSecret: secret !== null,
    tables: tables.map(({ schema, name, columns }) => ({ schema, name, columns })),
  };
  onManifest(manifest);
  const manifestText = toJson(manifest);
  yield* textEntry(manifestEntry(manifestText), manifestText);
  if (secret !== null) yield* textEntry(secretEntry, secret);
  const end: DumpEnd = { tables: {}, sequences: {} };
  for (const table of tables) end.tables[tableName(table)] = yield* tableEntries(client, table);
  end.sequences = await readSequences(client);
  yield* textEntry(endEntry, toJson(end));
  yield tarEnd();
  await client.query('commit');
  return { manifest, rows: Object.values(end.tables).reduce((sum, { rows }) => sum + rows, 0) };
}

function requireKnown(schemaVersion: number): number {
  const newest = listMigrations().length;
  if (schemaVersion >= schemaMoveVersion && schemaVersion <= newest) return schemaVersion;
  throw new StartError(
    schemaVersion === 0
      ? 'dump: the database holds no Duly'
      : `dump: got a schema of version ${schemaVersion}, wants one from ${schemaMoveVersion} to ${newest}`,
  );
}

const toJson = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

const textEntry = (path: string, text: string) => entry(path, [Buffer.from(text)]);

function* entry(path: string, content: readonly Buffer[]): Generator<Buffer> {
  const sizeBytes = content.reduce((sum, { length }) => sum + length, 0);
  yield encodeTarHeader({ path, type: 'file', sizeBytes });
  yield* content;
  yield tarPadding(sizeBytes);
}

/** The sizes of tar entries come before their content, so a table is in parts. */
async function* tableEntries(
  client: SingleConnection['client'],
  table: FoundTable,
): AsyncGenerator<Buffer, TableDigest> {
  const digest = createDigest();
  let [part, sizeBytes, number]: [Buffer[], number, number] = [[], 0, 0];
  const flush = () => entry(`${tableName(table)}/${String(++number).padStart(6, '0')}`, part);
  for await (const chunk of copyRows(client, table)) {
    digest.add(chunk);
    part.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes < partBytes) continue;
    yield* flush();
    [part, sizeBytes] = [[], 0];
  }
  if (sizeBytes > 0) yield* flush();
  return digest.end();
}
