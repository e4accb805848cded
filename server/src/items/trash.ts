import { type RawBuilder, sql } from 'kysely';
import { systemOrigin } from '../audit/origin.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, param } from '../db/statements.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type Changes, unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { checkRoom, isAt, markItemRestored, requireItem } from './changes.ts';
import type { Item, ItemKind, Stored } from './kind.ts';
import { purgeItemCte, purgeSql, storedItemQuery, storeItemCte } from './queries.ts';
import type { ItemTarget } from './service.ts';

/**
 * Takes an item out of the trash, with what was deleted with it.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED, LIMIT_EXCEEDED
 */
export function restoreItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  { kind, id, condition }: ItemTarget<I>,
): Promise<WriteResult<I>> {
  const effect = kind.onRestore;
  return write(db, userId, context, {
    read: storedItemQuery(kind, userId, id, { effect, part: 'room' }),
    decide(found, stamp) {
      const before = requireItem(kind, found?.item, 'trash', condition);
      if (found !== undefined) checkRoom(kind, found.room);
      const after = markItemRestored(before, stamp);
      const effects = effect?.ctes(after, stamp, found?.localTimes ?? []) ?? [];
      return {
        value: kind.show(after),
        changes: [storeItemCte(kind, userId, after), ...effects],
        auditActions: [{ action: `${kind.noun}.restore`, subject: id, count: 1 + (found?.affected ?? 0) }],
      };
    },
  });
}

/**
 * Deletes an item from the trash for good.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function purgeItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  { kind, id, condition }: ItemTarget<I>,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: storedItemQuery(kind, userId, id, { effect: kind.onPurge }),
    decide(found, stamp) {
      const item = requireItem(kind, found?.item, 'trash', condition);
      return purgeChanges(kind, item, found?.affected ?? 0, stamp);
    },
  });
}

function purgeChanges<I extends Item>(
  kind: ItemKind<I>,
  item: Stored<I>,
  affected: number,
  stamp: WriteStamp,
): Changes<null> {
  const { noun, onPurge } = kind;
  const effects = onPurge?.ctes(item, stamp, []) ?? [];
  return {
    value: null,
    earlierChanges: onPurge?.earlier?.(item, affected) ?? [],
    changes: [purgeItemCte(kind, item.user_id, item.id), ...effects],
    auditActions: [{ action: `${noun}.purge`, subject: item.id, count: 1 + affected }],
  };
}

/** The items in the trash of all kinds, to be purged with its tasks. */
export interface TrashedItems {
  /** JSON: how many there are, by noun. */
  counts: RawBuilder<Record<string, number>>;
  purgeAll(userId: string): Cte;
}

export function trashedItemsOf(kinds: readonly ItemKind[]): TrashedItems {
  const counts = kinds.map(
    ({ noun, table }) => sql`${sql.lit(noun)}, (
      select count(*)::int from ${sql.table(table)} where user_id = ${param('user_id')} and deleted_at is not null)`,
  );
  const isTrashed = sql`t.deleted_at is not null`;
  const template = {
    name: 'purge items',
    sql: sql.join(kinds.map(({ noun, table }) => purgeSql(noun, table, `purged_${noun}`, isTrashed))),
  };
  return {
    counts: sql`json_build_object(${sql.join(counts)})`,
    purgeAll: (userId) => ({ template, params: { user_id: userId } }),
  };
}

const oldItemsBatchSize = 100;

/**
 * Items that have been in the trash for so many days: some of them, the oldest deletions first. Those that were deleted
 * with another are purged with it.
 */
export async function findOldItems(
  db: Db,
  { table, columns }: Pick<ItemKind, 'table' | 'columns'>,
  days: number,
): Promise<{ user_id: string; id: string }[]> {
  const { rows } = await sql<{ user_id: string; id: string }>`
    select user_id, id from ${sql.table(table)}
    where deleted_at < statement_timestamp() - make_interval(hours => ${days * 24}::int)
      ${'deleted_with' in columns ? sql`and deleted_with is null` : sql``}
    order by deleted_at limit ${oldItemsBatchSize}`.execute(db);
  return rows;
}

/** Purges an item for upkeep, unless somebody restored or purged it meanwhile. */
export async function purgeOldItem<I extends Item>(
  db: Db,
  userId: string,
  kind: ItemKind<I>,
  id: string,
): Promise<void> {
  await write(db, userId, systemOrigin, {
    read: storedItemQuery(kind, userId, id, { effect: kind.onPurge }),
    decide(found, stamp) {
      if (found === undefined || !isAt(found.item, 'trash')) return unchanged(null);
      return purgeChanges(kind, found.item, found.affected, stamp);
    },
  });
}
