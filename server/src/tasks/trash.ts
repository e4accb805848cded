import { type Expression, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { type Act, type Writer, writeFor } from '../writes/write.ts';
import { type Condition, required, restored, type StoredTask } from './changes.ts';
import type { Task } from './model.ts';
import { type Order, readTasks, type Selection, type Slice, type TaskPage, tasksOf } from './page.ts';
import { findStoredTasks } from './queries.ts';
import { storedJson } from './row.ts';
import { changeTask } from './service.ts';

/** A statement that purges more would hold its locks, and the memory for its cascades, for too long. */
export const purgeBatchSize = 1_000;

const trashed: Omit<Selection, 'values'> = {
  shape: 'trash',
  tasks: (db) => tasksOf(db).where('t.deleted_at', 'is not', null),
  json: storedJson,
  isDear: false,
  isToBeFolded: null,
};

/** A page of the trash, the newest deletion first. */
export function listTrash(db: Db, userId: string, slice: Slice): Promise<TaskPage> {
  const order: Order<StoredTask> = {
    key: sql`t.deleted_at`,
    name: 'deleted_at',
    keyOf: (task) => task.deleted_at,
    toKey: (text) => sql`${text}::timestamptz`,
    direction: 'desc',
    nullable: false,
  };
  return readTasks(db, { ...trashed, values: { user_id: userId } }, order, slice);
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function restoreTask(
  db: Db,
  userId: string,
  writer: Writer,
  taskId: string,
  condition: Condition,
): Promise<Task> {
  const target = { userId, taskId, place: 'trash', condition } as const;
  return changeTask(db, writer, 'task.restore', target, restored);
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export async function purgeTask(
  db: Db,
  userId: string,
  writer: Writer,
  taskId: string,
  condition: Condition,
): Promise<void> {
  const act = { action: 'task.purge', subject: taskId };
  await writeFor(db, userId, writer, act, async (tx, { revision }) => {
    const found = await findStoredTasks(tx, userId, [taskId]);
    required(found.get(taskId), 'trash', condition);
    await deleteTrashed(tx, userId, revision, sql`t.id = ${taskId}`);
  });
}

/** @returns how many tasks were in the trash. */
export function emptyTrash(db: Db, userId: string, writer: Writer): Promise<number> {
  return writeFor(db, userId, writer, purges, async (tx, { revision }) => {
    let purged = 0;
    for (let gone = purgeBatchSize; gone === purgeBatchSize; purged += gone)
      gone = await deleteTrashed(tx, userId, revision, sql`true`);
    if (purged === 0) throw unchanged(0);
    return purged;
  });
}

/**
 * Users with something that has been in the trash for so many days; not all of them at once, the longest wait comes
 * first.
 */
export async function findUsersOfOldTrash(db: Db, days: number): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from (
      select user_id from duly.tasks where deleted_at < ${ago(sql`statement_timestamp()`, days)}
      order by deleted_at limit ${purgeBatchSize}
    ) as old`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/**
 * @returns how many tasks were purged: as many as fit into one batch, of those that have been there for so many days.
 */
export function purgeOldTrash(db: Db, userId: string, days: number): Promise<number> {
  return writeFor(db, userId, theService, purges, async (tx, { revision, now }) => {
    const isOld = sql<SqlBool>`t.deleted_at < ${ago(sql`${now}::timestamptz`, days)}`;
    const purged = await deleteTrashed(tx, userId, revision, isOld);
    if (purged === 0) throw unchanged(0);
    return purged;
  });
}

const theService: Writer = { actor: null, requestId: null, address: null };

/** Days of 24 hours, whatever the session's time zone. */
const ago = (time: Expression<unknown>, days: number) => sql`${time} - make_interval(hours => ${days * 24})`;

/** One entry for all of them: which ones they were, the tombstones say. */
const purges = (count: number): Act[] => [{ action: 'task.purge', subject: null, count }];

/**
 * Deletes a batch of the trash for good, leaving tombstones for those who follow the changes.
 * @returns how many there were, `purgeBatchSize` at most.
 */
async function deleteTrashed(
  tx: Tx,
  userId: string,
  revision: bigint,
  which: Expression<SqlBool>,
): Promise<number> {
  const { numAffectedRows } = await sql`
    with gone as (
      delete from duly.tasks where user_id = ${userId} and id in (
        select t.id from duly.tasks t where t.user_id = ${userId} and t.deleted_at is not null and ${which}
        limit ${purgeBatchSize}
      ) returning id
    )
    insert into duly.tombstones (user_id, type, id, revision)
    select ${userId}, 'task', id, ${revision}::bigint from gone`.execute(tx);
  return Number(numAffectedRows ?? 0);
}
