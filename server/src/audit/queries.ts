import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { KeysetPosition } from '../db/cursors.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, compileOnce, executeCtes, param } from '../db/statements.ts';
import { type DigestedEntry, digestOf, entryDigest, sha256 } from './digests.ts';
import type { AuditEntry, AuditRecord } from './model.ts';

/**
 * Adds entries to the chains of their users, in the caller's transaction, if it is in one. Chains are locked in one
 * order, so that two callers cannot wait for each other.
 */
export async function appendAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  const chains = Map.groupBy(entries, ({ userId }) => userId);
  for (const userId of [...chains.keys()].sort()) {
    const [entry, ...more] = chains.get(userId) ?? [];
    if (entry !== undefined && more.length === 0) await executeCtes(db, [timestampCte, auditEntryCte(entry)]);
    else if (entry !== undefined)
      await appendToChain(db, userId, [entry, ...more], await readChainEnd(db, userId));
  }
}

/** The entry as a CTE of the statement that makes the change. Its time is that of the CTE `stamp`. */
export const auditEntryCte = (entry: AuditEntry): Cte => ({
  template: appendEntryTemplate,
  params: { ...toEntryRow(entry) },
});

/** The CTE `stamp` of an entry without a change. */
const timestampCte: Cte = {
  template: {
    name: 'now',
    sql: sql`stamp as materialized (
        select now, ${isoText(sql`now`)} as iso from (select statement_timestamp()::timestamptz(3) as now) as clock
      )`,
  },
  params: {},
};

/** One entry of one chain: it takes half the time of `appendMany`. */
const appendEntryTemplate: CteTemplate = {
  name: 'audit',
  sql: sql`e as materialized (
      select ${param('user_id')}::text as user_id, (select now from stamp) as at,
        ${param('actor')}::text as actor, ${param('action')}::text as action, ${param('subject')}::text as subject,
        ${param('outcome')}::text as outcome, ${param('count')}::integer as count,
        ${param('request_id')}::text as request_id, ${param('address')}::text as address,
        ${param('salt')}::bytea as salt
    ), head as (
      insert into duly.audit_heads as h (user_id, seq, hash) select ${param('user_id')}, 1, ${entryDigest} from e
      on conflict (user_id) do update set seq = h.seq + 1, hash = sha256(h.hash || excluded.hash)
      returning seq, hash
    ), entered as (
      insert into duly.audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, salt,
        hash)
      select ${param('user_id')}, head.seq, e.at, e.actor, e.action, e.subject, e.outcome, e.count, e.request_id,
        e.address, e.salt, head.hash
      from e cross join head
    )`,
};

/** The last entry of a chain, and the time of the CTE `stamp`. */
export interface ChainEnd {
  /** ISO 8601 */
  now: string;
  /** Null for a chain without entries. */
  seq: bigint | null;
  hash: Buffer | null;
}

/** Locks the chain. The statement returns its `ChainEnd`, which `appendToChain` takes. */
export const chainEndCte = (userId: string): Cte => ({
  template: chainEndTemplate,
  params: { user_id: userId },
});

const chainEndTemplate: CteTemplate = {
  name: 'chain end',
  sql: sql`head as materialized (
      select seq, hash from duly.audit_heads where user_id = ${param('user_id')} for update
    )`,
  join: { cte: sql`head`, columns: sql`head.seq, head.hash`, types: 'seq bigint, hash bytea' },
};

async function readChainEnd(db: Db, userId: string): Promise<ChainEnd> {
  const [end] = await executeCtes<ChainEnd>(db, [timestampCte, chainEndCte(userId)]);
  if (end === undefined) throw new Error('the query of the end of the chain returned no row');
  return end;
}

/**
 * Computes the hashes of several entries of one user here: Citus refuses a change with a recursive CTE. When another
 * transaction inserted the first entries of the chain meanwhile, its end is read again.
 */
export async function appendToChain(
  db: Db,
  userId: string,
  entries: readonly AuditEntry[],
  end: ChainEnd,
): Promise<void> {
  for (let current = end; !(await insertChain(db, userId, end.now, current, entries)); )
    current = await readChainEnd(db, userId);
}

/** @returns false when the chain does not end there. */
async function insertChain(
  db: Db,
  userId: string,
  at: string,
  { seq: before, hash: hashBefore }: ChainEnd,
  entries: readonly AuditEntry[],
): Promise<boolean> {
  let seq = before ?? 0n;
  let hash = hashBefore ?? Buffer.alloc(0);
  const rows = entries.map((entry) => {
    seq += 1n;
    const row = toEntryRow(entry);
    const digest = digestOf(row, at);
    hash = seq === 1n ? digest : sha256(hash, digest);
    return { ...row, salt: row.salt.toString('hex'), seq: Number(seq), hash: hash.toString('hex') };
  });
  const params = { user_id: userId, seq, hash, before, at, entries: JSON.stringify(rows) };
  const [moved] = await insertChainStatement(db, params);
  return moved?.isMoved === true;
}

const insertChainStatement = compileOnce<{ isMoved: boolean }>(
  (db) =>
    sql<{ isMoved: boolean }>`
    with moved as (
      insert into duly.audit_heads as h (user_id, seq, hash)
      values (${param('user_id')}, ${param('seq')}, ${param('hash')})
      on conflict (user_id) do update set seq = excluded.seq, hash = excluded.hash
        where h.seq = ${param('before')}::bigint
      returning seq
    ), entered as (
      insert into duly.audit (user_id, seq, at, actor, action, subject, outcome, count, request_id, address, salt, hash)
      select ${param('user_id')}, x.seq, ${param('at')}::timestamptz, x.actor, x.action, x.subject, x.outcome, x.count,
        x.request_id, x.address, decode(x.salt, 'hex'), decode(x.hash, 'hex')
      from moved cross join jsonb_to_recordset(${param('entries')}::jsonb) as x (seq bigint, actor text, action text,
        subject text, outcome text, count integer, request_id text, address text, salt text, hash text)
    ) select exists (select from moved) as "isMoved"`.compile(db),
  '"isMoved" boolean',
);

const saltBytes = 16;

const toEntryRow = ({
  userId,
  origin,
  action,
  subject = null,
  outcome,
  count = 1,
}: AuditEntry): DigestedEntry => ({
  user_id: userId,
  actor: origin.actor,
  action,
  subject,
  outcome,
  count,
  request_id: origin.requestId,
  address: origin.address,
  salt: randomBytes(saltBytes),
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
      select coalesce((select seq - coalesce(pruned_seq, 0) from duly.audit_heads where user_id = ${userId}), 0)::int
        as total
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
