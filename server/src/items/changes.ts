import { isDeepStrictEqual } from 'node:util';
import { checkLimit } from '../platform/data-limits.ts';
import { notFound, validationError } from '../platform/errors.ts';
import { type Placement, type Positioned, placeAmong } from '../platform/positions.ts';
import { checkCondition, type WriteCondition } from '../writes/conditions.ts';
import type { WriteStamp } from '../writes/plan.ts';
import { checkReadOnlyFields } from '../writes/read-only-fields.ts';
import type { Item, ItemKind, Stored } from './kind.ts';
import type { ItemPatch, Move } from './model.ts';

/** Pure rules of items. */

/** What a new item has to fit in. */
export interface Room {
  count: number;
  /** The position of the last item; null if there is none. */
  last: string | null;
  hasParent: boolean;
}

/** @throws AppError NOT_FOUND, LIMIT_EXCEEDED */
export function checkRoom<I extends Item>({ limit, parent }: ItemKind<I>, { count, hasParent }: Room): void {
  if (parent !== undefined && !hasParent) throw notFound(parent.label);
  checkLimit(limit, count + 1);
}

/**
 * Returns the item if it exists at the location and meets the condition.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED
 */
export function requireItem<I extends Item>(
  kind: ItemKind<I>,
  item: Stored<I> | undefined,
  location: 'live' | 'trash',
  condition: WriteCondition,
): Stored<I> {
  if (item === undefined || !isAt(item, location)) throw notFound(kind.label);
  checkCondition(kind.noun, kind.show(item), condition);
  return item;
}

export const isAt = (item: Stored<unknown>, location: 'live' | 'trash'): boolean =>
  location === 'live' ? item.deleted_at === null : item.deleted_at !== null && !item.deleted_with;

/** Fields that no client sets. */
interface NewIds {
  id: string;
  parentId: string | null;
}

/**
 * A new item, at the end.
 * @throws AppError VALIDATION_ERROR when the input names another user.
 */
export function buildItem<I extends Item>(
  kind: ItemKind<I>,
  userId: string,
  { id, parentId }: NewIds,
  input: Readonly<Record<string, unknown>>,
  { last }: Pick<Room, 'last'>,
  now: string,
): Stored<I> {
  checkReadOnlyFields({ user_id: userId }, { user_id: input.user_id });
  const siblings = last === null ? [] : [{ id: '', position: last }];
  const { position } = requirePlacement(placeAmong(siblings, siblings.length));
  const item = {
    ...{ id, user_id: userId, position, version: 1, created_at: now, updated_at: now, deleted_at: null },
    ...(kind.parent === undefined ? {} : { [kind.parent.column]: parentId, deleted_with: null }),
    ...kind.clientFields.pick({ ...kind.clientFields.defaults, ...input }),
  };
  return derived(kind, item as unknown as Stored<I>, undefined, now);
}

const derived = <I extends Item>(
  kind: ItemKind<I>,
  item: Stored<I>,
  before: Stored<I> | undefined,
  now: string,
): Stored<I> => kind.derive?.(item, before, now) ?? item;

/** The condition of a patch: what of the copy that a client sent back was read-only. */
export const patchCondition = ({ version, updated_at: updatedAt }: ItemPatch): WriteCondition => ({
  version,
  updatedAt,
});

/**
 * Merge patch (RFC 7396).
 * @returns the very same item when nothing changes
 * @throws AppError VALIDATION_ERROR
 */
export function applyItemPatch<I extends Item>(
  kind: ItemKind<I>,
  item: Stored<I>,
  patch: ItemPatch,
  stamp: WriteStamp,
): Stored<I> {
  const fields = kind.clientFields.pick({ ...item, ...patch });
  const patched = derived(kind, { ...item, ...fields }, item, stamp.now);
  const isSame = Object.keys(fields).every((name) =>
    isDeepStrictEqual(Reflect.get(patched, name), Reflect.get(item, name)),
  );
  return isSame ? item : changed(patched, {}, stamp);
}

/** @throws AppError VALIDATION_ERROR when the patch has other values of fields that are set once. */
export function checkFixedFields<I extends Item>(
  { fixedFields }: ItemKind<I>,
  item: Stored<I>,
  patch: ItemPatch,
): void {
  checkReadOnlyFields<object>(item, Object.fromEntries(fixedFields.map((name) => [name, patch[name]])));
}

export const markItemDeleted = <I extends Item>(item: Stored<I>, stamp: WriteStamp): Stored<I> =>
  changed(item, { deleted_at: stamp.now }, stamp);

export const markItemRestored = <I extends Item>(item: Stored<I>, stamp: WriteStamp): Stored<I> =>
  changed(item, { deleted_at: null }, stamp);

const changed = <I extends Item>(
  item: Stored<I>,
  fields: { deleted_at?: string | null; position?: string },
  { now, versionFloor }: WriteStamp,
): Stored<I> => ({
  ...item,
  ...fields,
  version: Math.max(item.version + 1, versionFloor),
  updated_at: now,
});

/**
 * An item at another place in the manual order, and siblings that get other positions.
 * @param siblings the others, in order
 * @returns null when it is at that place already
 * @throws AppError VALIDATION_ERROR
 */
export function moveAmong<I extends Item>(
  item: Stored<I>,
  siblings: readonly Positioned[],
  move: Move,
  stamp: WriteStamp,
): { moved: Stored<I>; rebalanced: Positioned[] } | null {
  const index = indexOfMove(siblings, move);
  if (index === siblings.filter((sibling) => isBefore(sibling, item)).length) return null;
  const { position, rebalanced } = requirePlacement(placeAmong(siblings, index));
  return { moved: changed(item, { position }, stamp), rebalanced };
}

export const isBefore = (a: Positioned, b: Positioned) =>
  a.position < b.position || (a.position === b.position && a.id < b.id);

/** The index of the sibling that follows. */
export function indexOfMove(
  siblings: readonly Positioned[],
  { after, before }: Pick<Move, 'after' | 'before'>,
): number {
  if ((after === undefined) === (before === undefined))
    throw refusal('after', 'either this or before is needed');
  const [name, id] = after === undefined ? (['before', before] as const) : (['after', after] as const);
  if (id === null) return name === 'after' ? 0 : siblings.length;
  const index = siblings.findIndex((sibling) => sibling.id === id);
  if (index < 0) throw refusal(name, 'is none of those that it can be moved among');
  return name === 'after' ? index + 1 : index;
}

const refusal = (field: string, msg: string) =>
  validationError([{ loc: ['body', field], msg, type: 'move' }]);

/** The limits of all kinds are so low that there is always a short position. */
function requirePlacement(placement: Placement | null): Placement {
  if (placement === null) throw new Error('no position is short enough');
  return placement;
}
