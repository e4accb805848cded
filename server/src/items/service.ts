import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import {
  applyItemPatch,
  buildItem,
  checkFixedFields,
  checkRoom,
  markItemDeleted,
  moveAmong,
  patchCondition,
  requireItem,
} from './changes.ts';
import type { Effect, Item, ItemKind } from './kind.ts';
import type { ItemPatch, Move } from './model.ts';
import { rebalanceCte, roomQuery, storedItemQuery, storeItemCte } from './queries.ts';

/** An item that a request names. */
export interface ItemTarget<I extends Item> {
  kind: ItemKind<I>;
  id: string;
  condition: WriteCondition;
}

/**
 * Creates an item, the last in the manual order.
 * @throws AppError NOT_FOUND when its parent is not live; VALIDATION_ERROR, LIMIT_EXCEEDED
 */
export function createItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  kind: ItemKind<I>,
  input: Readonly<Record<string, unknown>>,
  parentId: string | null = null,
): Promise<WriteResult<I>> {
  const id = randomUUID();
  return write(db, userId, context, {
    read: roomQuery(kind, userId, parentId),
    decide(room, { now }) {
      checkRoom(kind, room);
      const item = buildItem(kind, userId, { id, parentId }, input, room, now);
      return {
        value: kind.show(item),
        changes: [storeItemCte(kind, userId, item)],
        auditActions: [{ action: `${kind.noun}.create`, subject: id }],
      };
    },
  });
}

/**
 * Merge patch (RFC 7396). A patch that changes nothing leaves version and times as they are.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function patchItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  { kind, id, condition }: ItemTarget<I>,
  patch: ItemPatch,
): Promise<WriteResult<I>> {
  return write(db, userId, context, {
    read: storedItemQuery(kind, userId, id),
    decide(found, stamp) {
      const before = requireItem(kind, found?.item, 'live', {});
      checkFixedFields(kind, before, patch);
      requireItem(kind, before, 'live', { ...patchCondition(patch), ...condition });
      const after = applyItemPatch(kind, before, patch, stamp);
      const value = kind.show(after);
      if (after === before) return unchanged(value);
      return {
        value,
        changes: [storeItemCte(kind, userId, after)],
        auditActions: [{ action: `${kind.noun}.update`, subject: id }],
      };
    },
  });
}

/**
 * Moves an item to the trash.
 * @throws AppError NOT_FOUND, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function deleteItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  { kind, id, condition }: ItemTarget<I>,
  effect: Effect<I> | undefined = kind.onDelete,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: storedItemQuery(kind, userId, id, { effect }),
    decide(found, stamp) {
      const before = requireItem(kind, found?.item, 'live', condition);
      const after = markItemDeleted(before, stamp);
      const effects = effect?.ctes(after, stamp, found?.localTimes ?? []) ?? [];
      return {
        value: null,
        changes: [storeItemCte(kind, userId, after), ...effects],
        auditActions: [{ action: `${kind.noun}.delete`, subject: id, count: 1 + (found?.affected ?? 0) }],
      };
    },
  });
}

/**
 * Moves an item within the manual order. Only its row is written, unless its position would be too long.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function moveItem<I extends Item>(
  db: Db,
  userId: string,
  context: WriteContext,
  { kind, id, condition }: ItemTarget<I>,
  move: Move,
): Promise<WriteResult<I>> {
  return write(db, userId, context, {
    read: storedItemQuery(kind, userId, id, { part: 'siblings' }),
    decide(found, stamp) {
      const before = requireItem(kind, found?.item, 'live', condition);
      const result = moveAmong(before, found?.siblings ?? [], move, stamp);
      if (result === null) return unchanged(kind.show(before));
      const { moved, rebalanced } = result;
      const others =
        rebalanced.length === 0 ? [] : [rebalanceCte(kind, userId, rebalanced, stamp.versionFloor)];
      return {
        value: kind.show(moved),
        changes: [storeItemCte(kind, userId, moved), ...others],
        auditActions: [{ action: `${kind.noun}.move`, subject: id, count: 1 + rebalanced.length }],
      };
    },
  });
}
