import { type RawBuilder, sql } from 'kysely';
import type { Position } from '../db/paging.ts';
import type { Db } from '../db/schema.ts';
import type { AuditEntry, AuditRecord } from './model.ts';

/**
 * SHA-256 of what the entry `e` says, in a form that reads in one way only. The chain's hash is
 * that of the first entry, then SHA-256 of the hash before and the next entry's.
 */
export const digest: RawBuilder<Buffer> = sql`sha256(convert_to(jsonb_build_array(e.user_id,
  (extract(epoch from e.at) * 1000)::bigint, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id,
  e.address)::text, 'UTF8'))`;

/**
 * Adds entries to the chains of their users; in the caller's transaction, if it is in one. The first statement locks
 * every chain there is to lock, in one order, so that two callers cannot wait for each other.
 */
export async function appendAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  for (const round of inRounds(entries)) await appendRound(db, round);
}

/** The first entries of every user, then the second ones, and so on. */
function inRounds(entries: readonly AuditEntry[]): AuditEntry[][] {
  const rounds: AuditEntry[][] = [];
  const next = new Map<string, number>();
  for (const entry of entries) {
    const index = next.get(entry.userId) ?? 0;
    next.set(entry.userId, index + 1);
    const round = rounds[index];
    if (round === undefined) rounds.push([entry]);
    else round.push(entry);
  }
  return rounds;
}

/** At most one entry for each user. */
async function appendRound(db: Db, entries: readonly AuditEntry[]): Promise<void> {
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

export interface AuditPage {
  entries: AuditRecord[];
  total: number;
  next: Position | null;
  prev: Position | null;
}

interface AuditRow extends Omit<AuditRecord, 'seq' | 'at' | 'hash'> {
  seq: bigint;
  at: Date;
  hash: Buffer;
}

const positionOf = (row: AuditRow | undefined, backward: boolean): Position | null =>
  row === undefined ? null : { backward, key: null, id: String(row.seq) };

/** A page of one chain, newest first; the chain of the empty user id is the service's own. */
export async function listAudit(
  db: Db,
  userId: string,
  { limit, position }: { limit: number; position: Position | null },
): Promise<AuditPage> {
  const backward = position?.backward ?? false;
  const beyond = position === null ? null : BigInt(position.id);
  const { rows } = await sql<{ total: number } & { [Name in keyof AuditRow]: AuditRow[Name] | null }>`
    select counted.total, page.* from (
      select coalesce((select seq from audit_heads where user_id = ${userId}), 0)::int as total
    ) as counted left join (
      select seq, at, actor, action, subject, outcome, count, request_id, address, hash from audit
      where user_id = ${userId} and ${
        beyond === null ? sql`true` : backward ? sql`seq > ${beyond}` : sql`seq < ${beyond}`
      }
      order by seq ${backward ? sql`asc` : sql`desc`} limit ${limit + 1}
    ) as page on true
    order by page.seq ${backward ? sql`asc` : sql`desc`}`.execute(db);
  const found = rows.filter((row): row is { total: number } & AuditRow => row.seq !== null);
  const more = found.length > limit;
  const shown = found.slice(0, limit);
  if (backward) shown.reverse();
  const hasBefore = backward ? more : position !== null;
  const hasAfter = backward || more;
  return {
    entries: shown.map(toRecord),
    total: rows[0]?.total ?? 0,
    next: hasAfter ? positionOf(shown.at(-1), false) : null,
    prev: hasBefore ? positionOf(shown[0], true) : null,
  };
}

const toRecord = ({ seq, at, actor, action, subject, outcome, count, ...row }: AuditRow): AuditRecord => ({
  seq: Number(seq),
  at: at.toISOString(),
  actor,
  action,
  subject,
  outcome,
  count,
  request_id: row.request_id,
  address: row.address,
  hash: row.hash.toString('hex'),
});
