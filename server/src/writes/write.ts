import { sql } from 'kysely';
import type { AuditOrigin } from '../audit/origin.ts';
import { isNullOrDuplicate } from '../db/failures.ts';
import { retryRead } from '../db/retry-read.ts';
import type { Db } from '../db/schema.ts';
import { compileOncePerShape, param, type Query } from '../db/statements.ts';
import { type Connection, inTransaction, onConnection } from '../db/transaction.ts';
import { AppError, serviceUnavailable } from '../platform/errors.ts';
import {
  type IdempotencyKey,
  insertUnderKeyLock,
  lockNameOf,
  performOnce,
  performUnderKey,
  type StoredResponse,
  storedResponseCte,
  toReplay,
  type WriteResult,
} from './idempotency.ts';
import { writeUnderLock } from './locked.ts';
import type { Changes, ReadingPlan, WriteContext, WritePlan } from './plan.ts';
import {
  joinProfile,
  nextStampCte,
  profileOfStamp,
  randomPlaceholder,
  replaceText,
  type Seen,
} from './stamps.ts';
import { storeChanges } from './store-changes.ts';
import { limitUserWrites } from './write-limiter.ts';

/**
 * The one way to change a user's data. One transaction raises the user's revision, makes the changes, appends the audit
 * entries and, under an Idempotency-Key, stores the value for repeated requests. A plan reads and decides without
 * races: first without a lock, and again under the lock of the user's row if another write came between.
 * @returns the value of the plan
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, and what `decide` throws
 */
export function write<T, Found>(
  db: Db,
  userId: string,
  context: WriteContext,
  plan: WritePlan<T, Found>,
): Promise<WriteResult<T>> {
  const { idempotencyKey: key, ...origin } = context;
  const isReading = plan.read !== undefined;
  const isLockedFirst = isReading && plan.lockFirst !== undefined;
  const attempt = async <R>(underLock: () => Promise<R>) =>
    limitUserWrites(db, userId, isReading, async () => {
      const result = isLockedFirst ? null : await writeOptimistically(db, { userId, origin, key }, plan);
      return result ?? underLock();
    });
  if (key === undefined)
    return attempt(async () => {
      const value = await inTransaction<T>(db, (tx) => writeUnderLock(tx, userId, origin, plan));
      return { value, isReplayed: false };
    });
  const underKey = () =>
    inTransaction<WriteResult<T> | null>(db, (tx) =>
      performUnderKey(tx, userId, key, () => writeUnderLock(tx, userId, origin, plan)),
    );
  // A lost connection leaves the outcome open. The second time finds what the first has stored, or writes it.
  return retryRead(() => performOnce(db, userId, key, () => attempt(underKey))).catch(throwRepeatable);
}

/** Under a key the client may repeat the request, whatever became of it. */
function throwRepeatable(error: unknown): never {
  throw error instanceof AppError && error.code === 'OUTCOME_UNKNOWN'
    ? serviceUnavailable(error.cause)
    : error;
}

/** Who writes, and under which Idempotency-Key. */
interface Writer {
  userId: string;
  origin: AuditOrigin;
  key: IdempotencyKey | undefined;
}

/**
 * Reads without a lock and decides. Then one statement stores the changes, on condition that the user's revision is
 * still the one that was read. Every write raises it under the row lock, so all that was read is still true.
 * @returns null, with nothing written, when the condition was lost, the database is read-only, or the decision has
 * earlier changes.
 * @throws AppError IDEMPOTENCY_KEY_REUSED, and what `decide` throws
 */
async function writeOptimistically<T, Found>(
  db: Db,
  writer: Writer,
  plan: WritePlan<T, Found>,
): Promise<WriteResult<T> | null> {
  const placeholder = randomPlaceholder();
  try {
    return await onConnection(db, (connection) =>
      plan.read === undefined
        ? store(connection, writer, plan.create({ now: placeholder }), null, placeholder)
        : readAndStore(connection, writer, plan, placeholder),
    );
  } catch (error) {
    // It is rolled back. The write under the lock gives the result, or the error if it has another cause.
    if (isNullOrDuplicate(error)) return null;
    throw error;
  }
}

async function readAndStore<T, Found>(
  connection: Connection,
  writer: Writer,
  { read, decide }: ReadingPlan<T, Found>,
  placeholder: string,
): Promise<WriteResult<T> | null> {
  const { userId, key } = writer;
  const { rows, seen, timeZone, defaultReminderMinutes, isReadOnly, stored } = await readWithRevision(
    connection.handle,
    writer,
    read,
  );
  if (isReadOnly) return null;
  if (key !== undefined && stored !== null) return toReplay<T>(key, stored);
  const { versionFloor } = seen;
  const stamp = { now: placeholder, versionFloor, timeZone, defaultReminderMinutes };
  const decision = decide(read.toValue(rows), stamp);
  if (decision.changes !== null)
    return decision.earlierChanges?.length ? null : store(connection, writer, decision, seen, placeholder);
  const { value } = decision;
  if (key !== undefined)
    await connection.autocommit((handle) => insertUnderKeyLock(handle, userId, key, value));
  return { value, isReplayed: false };
}

async function store<T>(
  connection: Connection,
  { userId, origin, key }: Writer,
  { value, changes, auditActions }: Changes<T>,
  seen: Seen | null,
  placeholder: string,
): Promise<WriteResult<T>> {
  const lockName = key === undefined ? null : lockNameOf(userId, key);
  const stamp = nextStampCte(userId, placeholder, seen, lockName);
  const response = key === undefined ? [] : [storedResponseCte(userId, key, value)];
  const run = auditActions.length === 1 ? connection.autocommit : connection.transaction;
  const now = await run((handle) =>
    storeChanges(handle, userId, origin, stamp, [...changes, ...response], auditActions),
  );
  return { value: replaceText(value, placeholder, now), isReplayed: false };
}

interface SeenRow {
  seenRevision: bigint | null;
  versionFloor: number;
  timeZone: string;
  defaultReminderMinutes: number | null;
  /** Whether the server takes no writes: it may be a former primary, whose rows are out of date. */
  isReadOnly: boolean;
  /** Null when there is no row. */
  isFound: true | null;
  storedFingerprint?: Buffer | null;
  storedAnswer?: unknown;
}

const seenStatements = compileOncePerShape<SeenRow>();
const userParam = param('user_id');
const [storedColumns, storedJoin] = [
  sql`k.fingerprint as "storedFingerprint", k.answer as "storedAnswer", `,
  sql`left join duly.idempotency_keys as k
    on k.user_id = ${userParam} and k.route = ${param('key_route')} and k.key = ${param('key')}`,
];

/** Reads the rows of a plan, with the user's revision, the epoch's version floor and the stored response. */
async function readWithRevision(db: Db, { userId, key }: Writer, read: Query<unknown>) {
  const isKeyed = key !== undefined;
  const statement = seenStatements(`${read.name}${isKeyed ? ' under a key' : ''}`, (on) =>
    sql<SeenRow>`
      select o.revision as "seenRevision", e.version_floor as "versionFloor", ${profileOfStamp},
        current_setting('transaction_read_only')::boolean as "isReadOnly", ${isKeyed ? storedColumns : sql``} f.*
      from duly.epoch as e left join duly.owners as o on o.user_id = ${userParam} ${joinProfile} ${isKeyed ? storedJoin : sql``}
        left join (select true as "isFound", r.* from (${read.sql}) as r) as f
        on ${isKeyed ? sql`k.key is null` : sql`true`}`.compile(on),
  );
  const params = { ...read.params, user_id: userId, key_route: key?.route, key: key?.key };
  const rows = await statement(db, params);
  const [first] = rows;
  if (first === undefined) throw new Error('the read of a write returned no row');
  const { seenRevision, versionFloor, storedFingerprint, storedAnswer } = first;
  const { timeZone, defaultReminderMinutes, isReadOnly } = first;
  const seen: Seen = { revision: seenRevision ?? 0n, versionFloor };
  const stored: StoredResponse | null =
    storedFingerprint instanceof Buffer ? { fingerprint: storedFingerprint, answer: storedAnswer } : null;
  const found = rows.filter(({ isFound }) => isFound);
  return { seen, timeZone, defaultReminderMinutes, isReadOnly, stored, rows: found };
}
