import { type Expression, type SqlBool, sql } from 'kysely';
import type { CursorKeys } from '../db/cursors.ts';
import {
  type EncodedPage,
  findPage,
  type Page,
  type PageRequest,
  readPage,
  type SortOrder,
} from '../db/keyset-page.ts';
import type { Db, Tx } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import { type AuditAction, type WriteContext, write } from '../writes/write.ts';
import { markRestored, requireTask } from './changes.ts';
import { trashedTaskJson } from './columns.ts';
import type { StoredTask, Task, TrashListQuery } from './model.ts';
import { findStoredTasks } from './queries.ts';
import { changeTask } from './service.ts';

/** A statement that purges more would hold its locks, and the memory for its cascades, for too long. */
export const purgeBatchSize = 1_000;

const trash = {
  table: 'duly.tasks',
  shape: 'trash',
  where: [sql<SqlBool>`t.deleted_at is not null`],
  json: trashedTaskJson,
  materialize: false,
  hasUnfoldedRows: null,
};

const newestDeletionFirst: SortOrder<StoredTask> = {
  key: sql`t.deleted_at`,
  name: 'deleted_at',
  keyOf: (task) => task.deleted_at,
  keyFromText: (text) => sql`${text}::timestamptz`,
  direction: 'desc',
  nullable: false,
};

/**
 * A page of the trash, the newest deletion first.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readTrashPage(
  db: Db,
  userId: string,
  query: TrashListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  return readPage({ ...keys, scope: [userId, 'trash'] }, query, (request) => listTrash(db, userId, request));
}

export const listTrash = (db: Db, userId: string, request: PageRequest): Promise<Page> =>
  findPage(db, { ...trash, params: { user_id: userId } }, newestDeletionFirst, request);

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function restoreTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
): Promise<Task> {
  const target = { userId, taskId, location: 'trash', condition } as const;
  return changeTask(db, context, 'task.restore', target, markRestored);
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export async function purgeTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
): Promise<void> {
  const auditAction = { action: 'task.purge', subject: taskId };
  await write(db, userId, context, auditAction, async (tx, { revision }) => {
    const found = await findStoredTasks(tx, userId, [taskId]);
    requireTask(found.get(taskId), 'trash', condition);
    await deleteTrashed(tx, userId, revision, sql`t.id = ${taskId}`);
  });
}

/** @returns how many tasks were in the trash. */
export function emptyTrash(db: Db, userId: string, context: WriteContext): Promise<number> {
  return write(db, userId, context, purgeActions, async (tx, { revision }) => {
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
export async function findUsersWithOldTrash(db: Db, days: number): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from (
      select user_id from duly.tasks where deleted_at < ${daysBefore(sql`statement_timestamp()`, days)}
      order by deleted_at limit ${purgeBatchSize}
    ) as old`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/**
 * @returns how many tasks were purged: as many as fit into one batch, of those that have been there for so many days.
 */
export function purgeOldTrash(db: Db, userId: string, days: number): Promise<number> {
  return write(db, userId, systemWrite, purgeActions, async (tx, { revision, now }) => {
    const isOld = sql<SqlBool>`t.deleted_at < ${daysBefore(sql`${now}::timestamptz`, days)}`;
    const purged = await deleteTrashed(tx, userId, revision, isOld);
    if (purged === 0) throw unchanged(0);
    return purged;
  });
}

const systemWrite: WriteContext = { actor: null, requestId: null, address: null };

/** Days of 24 hours, whatever the session's time zone. */
const daysBefore = (time: Expression<unknown>, days: number) =>
  sql`${time} - make_interval(hours => ${days * 24})`;

/** One entry for all of them: which ones they were, the tombstones say. */
const purgeActions = (count: number): AuditAction[] => [{ action: 'task.purge', subject: null, count }];

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
