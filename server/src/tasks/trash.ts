import { type Expression, type SqlBool, sql } from 'kysely';
import { systemOrigin } from '../audit/origin.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, type Page, type PageRequest, readPage } from '../db/keyset-page.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, param, query } from '../db/statements.ts';
import { newestDeletionFirst } from '../items/list.ts';
import type { TrashedItems } from '../items/trash.ts';
import { purgedOccurrencesCte } from '../occurrences/queries.ts';
import { purgedRemindersCte } from '../reminders/restamp.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type Changes, type Decision, unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { changeFamily, scopeOf } from './change-family.ts';
import { requireTask } from './changes.ts';
import { trashedTaskJson } from './columns.ts';
import type { Task, TrashListQuery } from './model.ts';
import { effectsOn } from './operations.ts';
import { storedTaskQuery } from './queries.ts';
import { restoreInFamily } from './restore.ts';

/** Hours, not days: the session's time zone has no effect. */
const hoursBefore = (time: Expression<unknown>, hours: Expression<unknown>) =>
  sql`(${time} - make_interval(hours => ${hours}::int))`;

/** A statement that purges more holds its locks, and the memory for its cascades, for too long. */
export const purgeBatchSize = 1_000;

const trash = {
  table: 'duly.tasks',
  shape: 'trash',
  where: [sql<SqlBool>`t.deleted_at is not null`],
  json: trashedTaskJson,
  materialize: false,
  hasUnfoldedRows: null,
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
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'trash', condition } as const;
  const read = scopeOf(userId, taskId, { restored: [taskId] });
  return changeFamily(db, context, 'task.restore', target, read, (family, task, stamp) => ({
    effects: effectsOn(restoreInFamily(family, task, stamp)),
  }));
}

/** @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED */
export function purgeTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  condition: WriteCondition,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: storedTaskQuery(userId, taskId),
    decide(found) {
      requireTask(found, 'trash', condition);
      return {
        value: null,
        changes: [{ template: purgeOneTemplate, params: { user_id: userId, id: taskId } }],
        auditActions: [{ action: 'task.purge', subject: taskId }],
      };
    },
  });
}

/**
 * Purges all tasks in the trash, and with them the items of other nouns.
 * @returns the number of tasks that were in the trash.
 */
export function emptyTrash(
  db: Db,
  userId: string,
  context: WriteContext,
  { counts, purgeAll }: TrashedItems,
): Promise<WriteResult<number>> {
  const countSql = sql<TrashCounts>`select (
      select count(*)::int from duly.tasks where user_id = ${param('user_id')} and deleted_at is not null
    ) as count, ${counts} as items`;
  return write(db, userId, context, {
    read: query('trash counts', countSql, { user_id: userId }, ([row]) => row ?? { count: 0, items: {} }),
    decide({ count, items }) {
      const purged = Object.entries(items).filter(([, of]) => of > 0);
      const tasks = purgeDecision(count, { template: purgeBatchTemplate, params: { user_id: userId } });
      if (purged.length === 0) return tasks;
      const { earlierChanges = [], changes, auditActions } = tasks.changes === null ? nothing : tasks;
      const actions = purged.map(([noun, of]) => ({ action: `${noun}.purge`, subject: null, count: of }));
      return {
        value: count,
        earlierChanges,
        changes: [...changes, purgeAll(userId)],
        auditActions: [...auditActions, ...actions],
      };
    },
  });
}

interface TrashCounts {
  count: number;
  /** By noun. */
  items: Record<string, number>;
}

const nothing: Pick<Changes<number>, 'changes' | 'auditActions' | 'earlierChanges'> = {
  changes: [],
  auditActions: [],
};

/** @param batch deletes `purgeBatchSize` tasks, or those that are left. */
function purgeDecision(count: number, batch: Cte): Decision<number> {
  if (count === 0) return unchanged(0);
  return {
    value: count,
    earlierChanges: Array<Cte>(Math.ceil(count / purgeBatchSize) - 1).fill(batch),
    changes: [batch],
    // One entry for all: the tombstones have their ids.
    auditActions: [{ action: 'task.purge', subject: null, count }],
  };
}

/**
 * Users with tasks that have been in the trash for so many days. Each call returns some of them, those with the oldest
 * deletions first.
 */
export async function findUsersWithOldTrash(db: Db, days: number): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from (
      select user_id from duly.tasks where deleted_at < ${hoursBefore(sql`statement_timestamp()`, sql`${days * 24}`)}
      order by deleted_at limit ${purgeBatchSize}
    ) as old`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/**
 * Purges one batch of the tasks that have been in the trash for so many days.
 * @returns the number of purged tasks.
 */
export async function purgeOldTrash(db: Db, userId: string, days: number): Promise<number> {
  const { value } = await write(db, userId, systemOrigin, {
    read: query('old trash', oldTrashSql, { user_id: userId, hours: days * 24 }, ([row]) => row),
    decide: (old) =>
      purgeDecision(old?.count ?? 0, {
        template: purgeOldBatchTemplate,
        params: { user_id: userId, cutoff: old?.cutoff },
      }),
  });
  return value;
}

/** At most one batch, and the time before which its tasks were deleted. */
const oldTrashSql = sql<{ count: number; cutoff: Date }>`
  select cutoff, (
    select count(*)::int from (
      select from duly.tasks where user_id = ${param('user_id')} and deleted_at < cutoff limit ${purgeBatchSize}
    ) as batch
  ) as count
  from (select ${hoursBefore(sql`statement_timestamp()`, param('hours'))}::timestamptz(3) as cutoff) as c`;

/**
 * Deletes a batch of the trash for good and leaves tombstones for the change feed. Live subtasks, which only an older
 * Duly leaves there, get to the top level.
 */
const purgeTemplate = (name: string, condition: Expression<unknown>, batch = sql``): CteTemplate => ({
  name,
  sql: sql`deleted as (
      delete from duly.tasks where user_id = ${param('user_id')} and id in (
        select t.id from duly.tasks t
        where t.user_id = ${param('user_id')} and t.deleted_at is not null and ${condition} ${batch}
      ) returning id
    ), marked as (
      insert into duly.tombstones (user_id, type, id, revision)
      select ${param('user_id')}, 'task', id, (select revision from stamp) from deleted
    ), ${purgedOccurrencesCte('deleted')}, ${purgedRemindersCte('deleted')}, orphaned as (
      update duly.tasks as c set parent_id = null, revision = (select revision from stamp),
        version = greatest(c.version + 1, (select version_floor from duly.epoch)), updated_at = (select now from stamp)
      where c.user_id = ${param('user_id')} and c.parent_id = any(array(select id from deleted)) and c.deleted_at is null
    ), ${orphanedTrashCte('deleted')}`,
});

/**
 * Tasks that stay in the trash lose a purged parent. The foreign key would see to it, but Citus takes none that does.
 * @param purged the CTE with the ids of the parents
 */
export const orphanedTrashCte = (purged: string) => sql`orphaned_trash as (
      update duly.tasks as c set parent_id = null
      where c.user_id = ${param('user_id')} and c.parent_id = any(array(select id from ${sql.id(purged)}))
        and c.deleted_at is not null and c.id not in (select id from ${sql.id(purged)})
    )`;

const inBatches = sql`limit ${sql.lit(purgeBatchSize)}`;
/** With what was deleted with it. */
const purgeOneTemplate = purgeTemplate(
  'purge one',
  sql`(t.id = ${param('id')}::uuid or t.deleted_with = ${param('id')}::uuid)`,
);
const purgeBatchTemplate = purgeTemplate('purge batch', sql`true`, inBatches);
const purgeOldBatchTemplate = purgeTemplate(
  'purge old batch',
  sql`t.deleted_at < ${param('cutoff')}::timestamptz`,
  inBatches,
);
