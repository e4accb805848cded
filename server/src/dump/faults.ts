import { sql } from 'kysely';
import type { Client } from 'pg';
import { verifyAuditWithin } from '../audit/verify.ts';
import type { Tx } from '../db/schema.ts';
import { tableName } from './format.ts';
import { quotedName } from './tables.ts';

/**
 * What is wrong with the rows themselves: chains of the audit log that do not hold, and rows that are newer than the
 * feed of their user. A dump has them as they were, so they are reported, and no reason to refuse it.
 */
export async function findFaults(tx: Tx, client: Client): Promise<string[]> {
  const findings = await findNewerRows(client);
  // Refused entries are in no chain. Those that were there are no fault of the dump.
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::float8 as count from duly.audit_refused`.execute(tx);
  const report = (_userId: string, finding: string) => findings.push(`an audit chain: ${finding}`);
  await verifyAuditWithin(tx, report, { refused: rows[0]?.count });
  return findings;
}

async function findNewerRows(client: Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'duly' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'owners' and (
      select count(*) from pg_attribute a
      where a.attrelid = c.oid and a.attname in ('user_id', 'revision') and not a.attisdropped
    ) = 2 order by 1, 2`);
  const findings: string[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::float8 as count from ${quotedName(client, table)} t left join duly.owners o using (user_id)
      where o.user_id is null or t.revision > o.revision`,
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0)
      findings.push(`${count} rows of ${tableName(table)} are newer than the revision of their user`);
  }
  return findings;
}
