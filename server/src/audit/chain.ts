import { createHash } from 'node:crypto';
import { isErasureAction } from './erasure.ts';

/** The last entry of a user's chain: from `audit_heads`, or from a copy outside the database. */
export interface ChainHead {
  userId: string;
  seq: number;
  hash: string;
}

/** The head as the database has it. */
export interface StoredHead extends ChainHead {
  /** The last entry that AUDIT_RETENTION_DAYS has removed; null: none. */
  pruned: { seq: number; hash: string } | null;
}

/** Called for each fault of a user's chain. */
export type ReportFinding = (userId: string, finding: string) => void;

export interface ChainEntry extends ChainHead {
  digest: string;
  action: string;
  isErased: boolean;
}

const missingEntriesText = (from: number, to: number) =>
  from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;

const chainHash = (before: string | null, next: string) =>
  before === null
    ? next
    : createHash('sha256').update(Buffer.from(before, 'hex')).update(Buffer.from(next, 'hex')).digest('hex');

/** State of a chain up to the entry checked last. */
export interface ChainState {
  userId: string;
  seq: number;
  /** Hash of the last entry, as stored and as computed; null before the first entry. */
  stored: string | null;
  expected: string | null;
  /** Sequence numbers of entries whose hash does not fit their content and the hash before. */
  suspects: Set<number>;
  /** The first entry without its details; null: none. */
  erasedSeq: number | null;
  hasErasure: boolean;
}

/** @param pruned the entry after which the chain begins now, if its oldest ones were removed */
export const newChainState = (userId: string, pruned: StoredHead['pruned'] = null): ChainState => ({
  userId,
  seq: pruned?.seq ?? 0,
  stored: pruned?.hash ?? null,
  expected: pruned?.hash ?? null,
  suspects: new Set(),
  erasedSeq: null,
  // The entry of an erasure may be among those that were removed.
  hasErasure: pruned !== null,
});

/** Checks the next entry of a chain. */
export function checkEntry(chain: ChainState, entry: ChainEntry, report: ReportFinding): void {
  const { seq, hash, digest } = entry;
  if (entry.isErased) chain.erasedSeq ??= seq;
  if (isErasureAction(entry.action)) chain.hasErasure = true;
  if (seq <= chain.seq) {
    report(chain.userId, `entry ${seq} has no place in the chain`);
    return;
  }
  let expected = chainHash(chain.stored, digest);
  if (seq > chain.seq + 1) {
    report(chain.userId, `${missingEntriesText(chain.seq + 1, seq - 1)}, and entry ${seq} cannot be checked`);
    expected = hash;
  }
  // If only a hash was changed, the next entry still fits that entry's computed hash.
  if (hash !== expected && hash !== chainHash(chain.expected, digest)) chain.suspects.add(seq);
  chain.seq = seq;
  chain.stored = hash;
  chain.expected = expected;
}

/** Checks a chain after its last entry. */
export function checkHead(chain: ChainState, head: ChainHead | undefined, report: ReportFinding): void {
  const { seq, stored, suspects } = chain;
  if (head === undefined) report(chain.userId, `the head is missing, which was at entry ${seq} or later`);
  else if (head.seq > seq) report(chain.userId, `${missingEntriesText(seq + 1, head.seq)} at the end`);
  else if (head.seq < seq) report(chain.userId, `entry ${head.seq + 1} and what follows is beyond the head`);
  else if (head.hash !== stored && !suspects.has(seq))
    report(chain.userId, `the head does not fit entry ${seq}`);
}
