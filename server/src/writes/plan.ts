import type { AuditEntry } from '../audit/model.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import type { Cte, Query } from '../db/statements.ts';
import type { IdempotencyKey } from './idempotency.ts';

/** The audit origin of a write, and the Idempotency-Key of the request. */
export interface WriteContext extends AuditOrigin {
  idempotencyKey?: IdempotencyKey | undefined;
}

/** What a write does, for the audit log. */
export type AuditAction = Pick<AuditEntry, 'action' | 'subject' | 'count'>;

/** What a write stamps on the rows that it changes, besides the revision. */
export interface WriteStamp {
  /**
   * ISO 8601 with milliseconds, read after the row lock: a later revision never has an earlier time. While `decide`
   * runs it may be a placeholder: a time after the year 10000, which the statement replaces.
   */
  now: string;
  /** The least version of a task after this write: that of the epoch. */
  versionFloor: number;
  /** The IANA name of the zone in the user's profile. */
  timeZone: string;
  /** The profile's: a task that gets a due time gets a reminder so many minutes before it; null: none. */
  defaultReminderMinutes: number | null;
}

/** A write as data: what it reads and how it decides. `write` may execute it again. */
export type WritePlan<T, Found> = ReadingPlan<T, Found> | CreatePlan<T>;

export interface ReadingPlan<T, Found> {
  /** Locks that others take before the user's row lock. The same order for all prevents deadlocks. */
  lockFirst?: Query<unknown>;
  /** Rows of the user, which only writes of the user change. */
  read: Query<Found>;
  /** Pure. An AppError that it throws leaves nothing written. */
  decide: (found: Found, stamp: WriteStamp) => Decision<T>;
}

/** A write that reads nothing. Without a version floor: the version of a new task is 1. */
export interface CreatePlan<T> {
  read?: never;
  create: (stamp: Pick<WriteStamp, 'now'>) => Changes<T>;
}

export type Decision<T> = Changes<T> | Unchanged<T>;

export interface Changes<T> {
  /** What the write returns. JSON has to be able to represent it. */
  value: T;
  /** Executed first, each in a statement of its own. */
  earlierChanges?: readonly Cte[];
  /** Executed in one statement with the audit entry. All changes take revision and time from the CTE `stamp`. */
  changes: readonly Cte[];
  auditActions: readonly AuditAction[];
}

interface Unchanged<T> {
  value: T;
  changes: null;
}

/** The decision to change nothing: the user's revision stays, and there is no audit entry. */
export const unchanged = <T>(value: T): Unchanged<T> => ({ value, changes: null });
