import type { Logger } from 'pino';
import { StartError } from '../platform/errors.ts';
import { type AppliedSchema, aheadMessage, findApplied, listMigrations, type Migration } from './migrator.ts';
import type { Db } from './schema.ts';
import { schemaMoveVersion } from './schema-location.ts';

/**
 * How the schema of the database fits this code. `newer`: migrations are applied that this code does not know, and it
 * runs beside them. `pending`: migrations are not applied that this code does without. It does not run on a schema
 * that is `too-old` or `too-new`.
 */
export const schemaStatuses = ['current', 'newer', 'pending', 'too-old', 'too-new'] as const;
export type SchemaStatus = (typeof schemaStatuses)[number];

export interface SchemaFit {
  status: SchemaStatus;
  /** The newest migration that is applied. */
  version: number;
  /** The newest migration of this code. */
  newest: number;
}

export async function findSchemaFit(db: Db): Promise<SchemaFit> {
  const applied = await findApplied(db);
  const migrations = listMigrations();
  return {
    status: statusOf(applied, migrations),
    version: applied.version,
    newest: migrations.length,
  };
}

export const isUsable = (status: SchemaStatus): boolean => status !== 'too-old' && status !== 'too-new';

/** @param migrations those of the code, by number from 1 */
export function statusOf(
  { version, compatibleFrom }: AppliedSchema,
  migrations: readonly Pick<Migration, 'isOptional'>[],
): SchemaStatus {
  const newest = migrations.length;
  if (version > newest) return compatibleFrom <= newest ? 'newer' : 'too-new';
  const pending = migrations.slice(version);
  if (pending.length === 0) return 'current';
  return version > 0 && pending.every(({ isOptional }) => isOptional) ? 'pending' : 'too-old';
}

/** @throws StartError that names the command to run, if this code does not run on the schema */
export async function requireUsableSchema(db: Db, source = 'DATABASE_URL'): Promise<SchemaFit> {
  const fit = await findSchemaFit(db);
  const { status, version, newest } = fit;
  if (status === 'too-new') throw new StartError(`${source}: ${aheadMessage(version, newest)}`);
  if (status === 'too-old') {
    const willMove = version > 0 && version < schemaMoveVersion;
    const first = willMove ? 'stop every instance of the old version, back up the database, then ' : '';
    throw new StartError(
      `${source}: the schema is at version ${version}, this Duly wants ${newest}; ${first}run: npm run migrate -- up`,
    );
  }
  return fit;
}

/** Says at the start that the schema has another version than this code. */
export function logSchemaFit(log: Logger, { status, version, newest }: SchemaFit): void {
  if (status === 'newer')
    log.warn({ schema: version, newest }, 'the schema is newer than this version, which runs beside it');
  if (status === 'pending')
    log.warn({ schema: version, newest }, 'a migration is pending, which this version does without');
}
