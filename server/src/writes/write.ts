import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { performOnce, performUnderKey, type WriteResult } from './idempotency.ts';
import { writeUnderLock } from './locked.ts';
import { writeOptimistically } from './optimistic.ts';
import type { WriteContext, WritePlan } from './plan.ts';
import { limitUserWrites } from './write-limiter.ts';

/**
 * The one way to change a user's data. One transaction raises the user's revision, makes the changes, appends the audit
 * entries and, under an Idempotency-Key, stores the value for repeated requests. A plan reads and decides without races:
 * first without a lock, and again under the lock of the user's row if another write came between.
 * @returns the value of the plan
 * @throws AppError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, and what `decide` throws
 */
export async function write<T, Found>(
  db: Db,
  userId: string,
  context: WriteContext,
  plan: WritePlan<T, Found>,
): Promise<WriteResult<T>> {
  const { idempotencyKey: key, ...origin } = context;
  const isOptimistic = plan.read === undefined || plan.lockFirst === undefined;
  const attempt = <R>(underLock: () => Promise<R>) =>
    limitUserWrites(
      db,
      userId,
      plan.read !== undefined,
      async () =>
        (isOptimistic ? await writeOptimistically(db, { userId, origin, key }, plan) : null) ??
        (await underLock()),
    );
  if (key !== undefined)
    return performOnce(db, userId, key, () =>
      attempt(() =>
        inTransaction<WriteResult<T> | null>(db, (tx) =>
          performUnderKey(tx, userId, key, () => writeUnderLock(tx, userId, origin, plan)),
        ),
      ),
    );
  return attempt(async () => {
    const value = await inTransaction<T>(db, (tx) => writeUnderLock(tx, userId, origin, plan));
    return { value, isReplayed: false };
  });
}
