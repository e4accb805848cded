import { StartError } from '../platform/errors.ts';
import { hasShape } from '../platform/has-shape.ts';
import { type Static, Type } from '../platform/schema.ts';

const Count = Type.Integer({ minimum: 0 });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const object = <T extends Parameters<typeof Type.Object>[0]>(properties: T) => Type.Object(properties);

/** What a database held at one instant, for comparison. No content, and no id of a user. */
export const DatabaseState = object({
  /** The newest migration. */
  schemaVersion: Count,
  epoch: Type.String(),
  /** Rows of each table, by `schema.table`. */
  rows: Type.Record(Type.String(), Count),
  /** A sum of hashes over every user and revision: the heads of all feeds. */
  feedHeads: Type.String(),
  /** A sum of hashes over the heads of all audit chains. */
  auditHeads: Type.String(),
});
export type DatabaseState = Static<typeof DatabaseState>;

/** `manifest.json` of a backup. It is written last, so what has one is a complete backup. */
export const Manifest = object({
  format: Type.Literal(1),
  name: Type.String(),
  duly: Type.String(),
  postgres: Type.String({ description: '`server_version`.' }),
  systemIdentifier: Type.String(),
  timeline: Type.Integer({ minimum: 1 }),
  startedAt: Type.String(),
  /** The instant of the restore point that ends the backup, by the database's clock. */
  consistentAt: Type.String(),
  /** The name of that restore point. */
  restorePoint: Type.String(),
  lsn: Type.String({ description: 'Its position in the WAL.' }),
  /** The first and the last WAL segment that the backup contains. */
  firstWal: Type.String(),
  lastWal: Type.String(),
  /** At the restore point. */
  state: DatabaseState,
  encrypted: Type.Boolean(),
  /** Whether the archive holds the generated `secret` of DATA_DIR. */
  holdsSecret: Type.Boolean(),
  archive: object({ name: Type.String(), sizeBytes: Count, sha256: Sha256 }),
  /** Bytes of all files as they were in the data directory. */
  sizeBytes: Count,
  files: Type.Array(object({ path: Type.String(), sizeBytes: Count, sha256: Sha256 })),
});
export type Manifest = Static<typeof Manifest>;

/**
 * @param path of the text, for messages
 * @throws StartError if the text is damaged, or of a newer version
 */
export function parseManifest(text: string, path: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (hasShape(Manifest, content)) return content;
  throw new StartError(`${path} is damaged, or was written by a newer Duly`);
}
