import { createHash } from 'node:crypto';
import { type Static, Type } from '../platform/schema.ts';

/**
 * A dump is a tar archive, compressed with zstd and possibly encrypted with age. Its entries, in this order:
 * the manifest, possibly `duly-secret`, the parts of each table's COPY text as `schema.table/000001`, and `end.json`.
 */
export const dumpFormat = 1;

/** The name has a part of the digest, because the manifest is acted on before checksums of the whole are known. */
export const manifestEntry = (text: string) =>
  `manifest-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`;
export const endEntry = 'end.json';

/** A part has at most this size, unless one chunk of the server is larger. */
export const partBytes = 2 ** 20;

const Count = Type.Integer({ minimum: 0 });

const DumpedTable = Type.Object({
  schema: Type.String(),
  name: Type.String(),
  columns: Type.Array(Type.String()),
});
export type DumpedTable = Static<typeof DumpedTable>;

/** The first entry: what a reader has to know before the rows. */
export const DumpManifest = Type.Object({
  format: Type.Literal(dumpFormat),
  duly: Type.String(),
  postgres: Type.String({ description: '`server_version`.' }),
  createdAt: Type.String(),
  /** The newest migration. */
  schemaVersion: Count,
  epoch: Type.String(),
  /** Whether the dump holds the generated `secret` of DATA_DIR. */
  holdsSecret: Type.Boolean(),
  tables: Type.Array(DumpedTable),
});
export type DumpManifest = Static<typeof DumpManifest>;

/** The digest of a table's COPY text in the order of the primary key: equal rows have equal digests on every server. */
const TableDigest = Type.Object({
  rows: Count,
  sizeBytes: Count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type TableDigest = Static<typeof TableDigest>;

/** The last entry. A dump without it is not complete. */
export const DumpEnd = Type.Object({
  /** By `schema.table`. */
  tables: Type.Record(Type.String(), TableDigest),
  /** `last_value` and `is_called` of each sequence, by `schema.sequence`. */
  sequences: Type.Record(Type.String(), Type.Tuple([Type.String({ pattern: '^-?\\d+$' }), Type.Boolean()])),
});
export type DumpEnd = Static<typeof DumpEnd>;

/** The part of the manifest that shows whether a newer Duly wrote the dump. */
export const AnyManifest = Type.Object({ format: Type.Integer({ minimum: 1 }), duly: Type.String() });

export const tableName = ({ schema, name }: Pick<DumpedTable, 'schema' | 'name'>) => `${schema}.${name}`;
