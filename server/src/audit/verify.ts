import { sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import {
  type ChainEntry,
  type ChainHead,
  type ChainState,
  checkEntry,
  checkHead,
  newChainState,
  type ReportFinding,
  type StoredHead,
} from './chain.ts';
import { hasDetails, isErased, storedDigest } from './digests.ts';
import { reportRefused } from './refused-report.ts';

export interface VerifyTotals {
  chains: number;
  entries: number;
}

/** The results of an earlier verification, which the operator stored outside the database. */
export interface AuditBaseline {
  heads?: AsyncIterable<ChainHead> | undefined;
  /** How many of the oldest refused entries are known already: they are not reported. */
  refused?: number | undefined;
}

const batchSize = 2_000;
/** Each suspect costs a scan of its chain. */
const maxSuspects = 100;

/** Compares user ids in the order of the database's index. */
const sortsBefore = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** All heads, ordered by user id. */
export async function* readHeads(db: Db): AsyncGenerator<StoredHead> {
  for (let last: string | null = null; ; ) {
    const { rows }: { rows: StoredHead[] } = await sql<StoredHead>`
      select user_id as "userId", seq::float8 as seq, encode(hash, 'hex') as hash,
        case when pruned_seq is not null
          then json_build_object('seq', pruned_seq, 'hash', encode(pruned_hash, 'hex')) end as pruned
      from duly.audit_heads
      where ${last}::text is null or user_id > ${last} order by user_id limit ${batchSize}`.execute(db);
    yield* rows;
    last = rows.at(-1)?.userId ?? null;
    if (rows.length < batchSize) return;
  }
}

/** All entries, ordered by user id and sequence number. */
async function* readEntries(db: Db): AsyncGenerator<ChainEntry> {
  for (let last: ChainEntry | undefined; ; ) {
    const { rows }: { rows: ChainEntry[] } = await sql<ChainEntry>`
      select e.user_id as "userId", e.seq::float8 as seq, encode(e.hash, 'hex') as hash,
        encode(${storedDigest}, 'hex') as digest, e.action, ${isErased} and not ${hasDetails} as "isErased"
      from duly.audit e where ${last === undefined ? sql`true` : sql`(e.user_id, e.seq) > (${last.userId}, ${last.seq})`}
      order by e.user_id, e.seq limit ${batchSize}`.execute(db);
    yield* rows;
    last = rows.at(-1);
    if (rows.length < batchSize) return;
  }
}

/**
 * Reports what happened to suspects. A moved entry fits after another entry, which shows its original place. All others
 * were changed.
 */
async function explainSuspects(
  tx: Tx,
  { userId, suspects }: ChainState,
  report: ReportFinding,
): Promise<void> {
  const predecessors = new Map<number, number | null>();
  for (const seq of [...suspects].slice(0, maxSuspects)) {
    predecessors.set(seq, await findPredecessor(tx, userId, seq));
  }
  const ordinalOf = (seq: number, depth = 0): number | null => {
    const before = predecessors.get(seq);
    if (before === undefined) return suspects.has(seq) ? null : seq;
    if (before === null || depth > maxSuspects) return null;
    if (before === 0) return 1;
    const ordinal = ordinalOf(before, depth + 1);
    return ordinal === null ? null : ordinal + 1;
  };
  for (const seq of suspects) {
    const ordinal = ordinalOf(seq);
    if (ordinal === null) report(userId, `entry ${seq} was changed`);
    else if (ordinal !== seq) report(userId, `entry ${seq} was moved, it was entry ${ordinal}`);
  }
}

/** @returns the entry that this one fits after; 0 for a first entry; null if it fits nowhere */
async function findPredecessor(tx: Tx, userId: string, seq: number): Promise<number | null> {
  const { rows } = await sql<{ seq: number }>`
    with k as materialized (
      select e.hash, ${storedDigest} as digest from duly.audit e where e.user_id = ${userId} and e.seq = ${seq}
    )
    select 0::float8 as seq from k where k.hash = k.digest
    union all
    select p.seq::float8 from k join duly.audit p on sha256(p.hash || k.digest) = k.hash where p.user_id = ${userId}
    limit 1`.execute(tx);
  return rows[0]?.seq ?? null;
}

/** Checks that each head of the baseline is still an entry of its chain, unless it was removed as too old. */
async function checkBaselineHeads(
  tx: Tx,
  baselineHeads: AsyncIterable<ChainHead>,
  report: ReportFinding,
): Promise<void> {
  for await (const { userId, seq, hash } of baselineHeads) {
    const { rows } = await sql<{ hash: string | null }>`
      select encode(hash, 'hex') as hash from duly.audit where user_id = ${userId} and seq = ${seq}
      union all
      select case when pruned_seq = ${seq} then encode(pruned_hash, 'hex') end from duly.audit_heads
      where user_id = ${userId} and pruned_seq >= ${seq}`.execute(tx);
    if (rows[0]?.hash === null) continue;
    if (rows[0] === undefined) report(userId, `entry ${seq} of the kept heads is missing`);
    else if (rows[0].hash !== hash)
      report(userId, `entry ${seq} is not the one of the kept heads: the chain was rewritten`);
  }
}

/**
 * Verifies every chain on one snapshot (REPEATABLE READ), so that writers go on meanwhile. Memory stays constant. With
 * write access to the table a chain can be rebuilt with its head. Heads stored outside the database reveal that.
 */
export function verifyAudit(
  db: Db,
  report: ReportFinding,
  baseline: AuditBaseline = {},
): Promise<VerifyTotals> {
  return db.transaction().execute(async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx);
    await sql`set local statement_timeout = 0`.execute(tx);
    return verifyAuditWithin(tx, report, baseline);
  });
}

/** `verifyAudit` within the caller's transaction, which no other writes can reach. */
export async function verifyAuditWithin(
  tx: Tx,
  report: ReportFinding,
  { heads, refused }: AuditBaseline = {},
): Promise<VerifyTotals> {
  if (heads !== undefined) await checkBaselineHeads(tx, heads, report);
  await reportRefused(tx, report, refused);
  return verifyChains(tx, report);
}

async function verifyChains(tx: Tx, report: ReportFinding): Promise<VerifyTotals> {
  const totals: VerifyTotals = { chains: 0, entries: 0 };
  const heads = readHeads(tx);
  let head = await heads.next();
  let chain: ChainState | undefined;
  let headOfChain: StoredHead | undefined;

  /**
   * Returns the head of a chain. Reports every head before it, or every remaining head for null: their entries are
   * gone.
   */
  async function headOf(userId: string | null): Promise<StoredHead | undefined> {
    for (; head.done !== true; head = await heads.next()) {
      const found = head.value;
      if (found.userId === userId) {
        head = await heads.next();
        return found;
      }
      if (userId !== null && sortsBefore(userId, found.userId)) return undefined;
      totals.chains += 1;
      checkHead(newChainState(found.userId, found.pruned), found, report);
    }
    return undefined;
  }

  async function finishChain(): Promise<void> {
    if (chain === undefined) return;
    totals.chains += 1;
    if (chain.erasedSeq !== null && !chain.hasErasure)
      report(chain.userId, `the details of entry ${chain.erasedSeq} are gone, but nobody erased the user`);
    checkHead(chain, headOfChain, report);
    await explainSuspects(tx, chain, report);
  }

  for await (const entry of readEntries(tx)) {
    if (chain?.userId !== entry.userId) {
      await finishChain();
      headOfChain = await headOf(entry.userId);
      chain = newChainState(entry.userId, headOfChain?.pruned);
    }
    totals.entries += 1;
    checkEntry(chain, entry, report);
  }
  await finishChain();
  await headOf(null);
  return totals;
}
