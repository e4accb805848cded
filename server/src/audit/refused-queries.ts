import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { AuditEntry } from './model.ts';

/** An audit entry outside the chains. */
export interface RefusedEntry {
  id: string;
  refusedAt: Date;
  sqlstate: string;
  /** The entry as JSON. */
  entry: string;
}

/** JSON text, because PostgreSQL's text rejects NUL and lone surrogates, which JSON escapes. */
export async function insertRefused(db: Db, entries: readonly AuditEntry[], sqlstate: string): Promise<void> {
  await sql`
    insert into duly.audit_refused (sqlstate, entry)
    select ${sqlstate}, entry from unnest(${entries.map((entry) => JSON.stringify(entry))}::text[]) as entry`.execute(
    db,
  );
}

const batchSize = 2_000;

/** All refused entries, oldest first. */
export async function* readRefused(db: Db): AsyncGenerator<RefusedEntry> {
  for (let last = '0'; ; ) {
    const { rows } = await sql<RefusedEntry>`
      select id::text, refused_at as "refusedAt", sqlstate, entry from duly.audit_refused
      where id > ${last}::bigint order by id limit ${batchSize}`.execute(db);
    yield* rows;
    last = rows.at(-1)?.id ?? last;
    if (rows.length < batchSize) return;
  }
}
