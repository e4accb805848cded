import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';

export interface StoredAuditEntry {
  user_id: string;
  seq: number;
  actor: string | null;
  action: string;
  subject: string | null;
  outcome: string;
  count: number;
  request_id: string | null;
  address: string | null;
}

/** The stored entries of one chain, oldest first. */
export async function auditEntriesOf(db: Db, userId: string): Promise<StoredAuditEntry[]> {
  const { rows } = await sql<StoredAuditEntry>`
    select user_id, seq::int, actor, action, subject, outcome, count, request_id, address
    from duly.audit where user_id = ${userId} order by seq`.execute(db);
  return rows;
}

export const auditActionsOf = async (db: Db, userId: string): Promise<string[]> =>
  (await auditEntriesOf(db, userId)).map(({ action, outcome }) => `${action} ${outcome}`);
