import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { AuditEntry } from './model.ts';

/**
 * SHA-256 of what the entry `e` says, in a form that reads in one way only. The chain's hash is
 * that of the first entry, then SHA-256 of the hash before and the next entry's.
 */
const digest: RawBuilder<Buffer> = sql`sha256(convert_to(jsonb_build_array(e.user_id,
  (extract(epoch from e.at) * 1000)::bigint, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id,
  e.address)::text, 'UTF8'))`;

/** Adds entries, at most one for each user, to the chains of their users; in the caller's transaction, if it is in one. */
export async function appendAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  const rows = entries.map(({ userId, origin, action, subject = null, outcome, count = 1 }) => ({
    user_id: userId,
    actor: origin.actor,
    action,
    subject,
    outcome,
    count,
    request_id: origin.requestId,
    address: origin.address,
  }));
  await sql`
    with e as materialized (
      select x.*, statement_timestamp()::timestamptz(3) as at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (user_id text, actor text, action text,
        subject text, outcome text, count integer, request_id text, address text)
      order by user_id
    ), head as (
      insert into audit_heads as h (user_id, seq, hash) select user_id, 1, ${digest} from e order by user_id
      on conflict (user_id) do update set seq = h.seq + 1, hash = sha256(h.hash || excluded.hash)
      returning user_id, seq, hash
    )
    insert into audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, hash)
    select e.user_id, head.seq, e.at, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id, e.address,
      head.hash
    from e join head using (user_id)`.execute(db);
}
