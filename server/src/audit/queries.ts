import { type RawBuilder, sql } from 'kysely';
import type { KeysetPosition } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, executeCtes, param } from '../db/statements.ts';
import type { AuditEntry, AuditRecord } from './model.ts';

/**
 * SHA-256 of what the entry `e` says, in a form that reads in one way only. The chain's hash is
 * that of the first entry, then SHA-256 of the hash before and the next entry's.
 */
export const entryDigest: RawBuilder<Buffer> = sql`sha256(convert_to(jsonb_build_array(e.user_id,
  (extract(epoch from e.at) * 1000)::bigint, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id,
  e.address)::text, 'UTF8'))`;

/**
 * Adds entries to the chains of their users, in the caller's transaction, if it is in one. Chains are locked in one
 * order, so that two callers cannot wait for each other.
 */
export async function appendAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  const [entry, ...more] = entries;
  if (more.length > 0) await appendMany(db, entries);
  else if (entry !== undefined) await executeCtes(db, [timestampCte, auditEntryCte(entry)]);
}

/** The entry as a CTE of the statement that makes the change. Its time is that of the CTE `moment`. */
export const auditEntryCte = (entry: AuditEntry): Cte => ({
  template: appendEntryTemplate,
  params: toEntryRow(entry),
});

/** `moment` for an entry without a change. */
const timestampCte: Cte = {
  template: {
    name: 'now',
    sql: sql`moment as materialized (select statement_timestamp()::timestamptz(3) as now)`,
  },
  params: {},
};

/** One entry of one chain: it takes half the time of `appendMany`. */
const appendEntryTemplate: CteTemplate = {
  name: 'audit',
  sql: sql`e as materialized (
      select ${param('user_id')}::text as user_id, (select now from moment) as at,
        ${param('actor')}::text as actor, ${param('action')}::text as action, ${param('subject')}::text as subject,
        ${param('outcome')}::text as outcome, ${param('count')}::integer as count,
        ${param('request_id')}::text as request_id, ${param('address')}::text as address
    ), head as (
      insert into duly.audit_heads as h (user_id, seq, hash) select e.user_id, 1, ${entryDigest} from e
      on conflict (user_id) do update set seq = h.seq + 1, hash = sha256(h.hash || excluded.hash)
      returning user_id, seq, hash
    ), entered as (
      insert into duly.audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, hash)
      select e.user_id, head.seq, e.at, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id, e.address,
        head.hash
      from e join head on head.user_id = e.user_id
    )`,
};

/**
 * Locks the heads, then links entry by entry. A chain that somebody else began meanwhile is passed over; its entries
 * are added then.
 */
async function appendMany(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  const userIds = [...new Set(entries.map(({ userId }) => userId))];
  const { rows } = await sql<{ user_id: string }>`
    with recursive e as materialized (${entryRowsSql(entries)}), head as (
      select h.user_id, h.seq, h.hash
      from unnest(${userIds}::text[]) as named (user_id) join duly.audit_heads as h on h.user_id = named.user_id
      order by h.user_id for update of h
    ), chain as (
      select e.*, coalesce(head.seq, 0) + 1 as seq,
        case when head.seq is null then ${entryDigest} else sha256(head.hash || ${entryDigest}) end as hash
      from e left join head on head.user_id = e.user_id
      where e.place = 1
      union all
      select e.*, chain.seq + 1, sha256(chain.hash || ${entryDigest})
      from chain join e on e.user_id = chain.user_id and e.place = chain.place + 1
    ), moved as (
      insert into duly.audit_heads as h (user_id, seq, hash)
      select user_id, seq, hash from chain where is_last order by user_id
      on conflict (user_id) do update set seq = excluded.seq, hash = excluded.hash
        where h.user_id in (select head.user_id from head)
      returning h.user_id
    )
    insert into duly.audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, hash)
    select chain.user_id, seq, at, actor, action, subject, outcome, count, request_id, address, hash
    from chain join moved on moved.user_id = chain.user_id
    returning user_id`.execute(db);
  const added = new Set(rows.map(({ user_id }) => user_id));
  await appendAudit(
    db,
    entries.filter(({ userId }) => !added.has(userId)),
  );
}

/** The entries as rows. */
const entryRowsSql = (entries: readonly AuditEntry[]) => sql`
  select x.user_id, x.place, x.is_last, x.actor, x.action, x.subject, x.outcome, x.count, x.request_id, x.address,
    statement_timestamp()::timestamptz(3) as at
  from jsonb_to_recordset(${JSON.stringify(toEntryRows(entries))}::jsonb) as x (user_id text, place integer,
    is_last boolean, actor text, action text, subject text, outcome text, count integer, request_id text, address text)`;

/** With the place of each entry among those of its user, from 1. */
function toEntryRows(entries: readonly AuditEntry[]) {
  const counts = new Map<string, number>();
  const rows = entries.map((entry) => {
    const place = (counts.get(entry.userId) ?? 0) + 1;
    counts.set(entry.userId, place);
    return { ...toEntryRow(entry), place };
  });
  return rows.map((row) => ({ ...row, is_last: row.place === counts.get(row.user_id) }));
}

const toEntryRow = ({ userId, origin, action, subject = null, outcome, count = 1 }: AuditEntry) => ({
  user_id: userId,
  actor: origin.actor,
  action,
  subject,
  outcome,
  count,
  request_id: origin.requestId,
  address: origin.address,
});

export interface AuditPage {
  entries: AuditRecord[];
  total: number;
  next: KeysetPosition | null;
  prev: KeysetPosition | null;
}

interface AuditRow extends Omit<AuditRecord, 'seq' | 'at' | 'hash'> {
  seq: bigint;
  at: Date;
  hash: Buffer;
}

const auditPositionOf = (row: AuditRow | undefined, backward: boolean): KeysetPosition | null =>
  row === undefined ? null : { backward, key: null, id: String(row.seq) };

/** A page of one chain, newest first; the chain of the empty user id is the service's own. */
export async function listAudit(
  db: Db,
  userId: string,
  { limit, position }: { limit: number; position: KeysetPosition | null },
): Promise<AuditPage> {
  const backward = position?.backward ?? false;
  const beyond = position === null ? null : BigInt(position.id);
  const { rows } = await sql<{ total: number } & { [Name in keyof AuditRow]: AuditRow[Name] | null }>`
    select counted.total, page.* from (
      select coalesce((select seq from duly.audit_heads where user_id = ${userId}), 0)::int as total
    ) as counted left join (
      select seq, at, actor, action, subject, outcome, count, request_id, address, hash from duly.audit
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
    next: hasAfter ? auditPositionOf(shown.at(-1), false) : null,
    prev: hasBefore ? auditPositionOf(shown[0], true) : null,
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
