import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, readPage } from '../db/keyset-page.ts';
import type { SortOrder } from '../db/page-order.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery, param } from '../db/statements.ts';
import { notFound } from '../platform/errors.ts';
import type { Item, ItemKind } from './kind.ts';
import type { ItemListQuery } from './model.ts';
import { hasParentQuery } from './queries.ts';

/** A further condition of a list, of a row `t`, and its name, which tells it from others. */
export interface ItemFilter {
  name: string;
  where: RawBuilder<SqlBool>;
}

const manualOrder: SortOrder = {
  key: sql`t.position`,
  name: 'position',
  keyText: sql`t.position`,
  keyFromText: (text) => sql`${text}::text collate "C"`,
  direction: 'asc',
  nullable: false,
};

export const newestDeletionFirst: SortOrder = {
  key: sql`t.deleted_at`,
  name: 'deleted_at',
  keyText: isoText(sql`t.deleted_at`),
  keyFromText: (text) => sql`${text}::timestamptz`,
  direction: 'desc',
  nullable: false,
};

/**
 * A page of live items, in their manual order.
 * @param parentId of items that belong to another
 * @throws AppError NOT_FOUND when that one is not live; VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readItemPage<I extends Item>(
  db: Db,
  userId: string,
  kind: ItemKind<I>,
  query: ItemListQuery,
  keys: CursorKeys,
  { parentId = null, filter }: { parentId?: string | null; filter?: ItemFilter | undefined } = {},
): Promise<EncodedPage> {
  const { noun, parent, listJson: json } = kind;
  const name = filter?.name ?? '';
  const where: Expression<SqlBool>[] = [sql<SqlBool>`t.deleted_at is null`];
  if (filter !== undefined) where.push(filter.where);
  if (parent !== undefined)
    where.push(sql<SqlBool>`${sql.ref(`t.${parent.column}`)} = ${param('parent_id')}::uuid`);
  const source = { ...sourceOf(kind), shape: name, where, json };
  const params = { user_id: userId, parent_id: parentId };
  const scope = { ...keys, scope: [userId, noun, parentId, name] };
  const [page, hasParent] = await Promise.all([
    readPage(scope, query, (request) => findPage(db, { ...source, params }, manualOrder, request)),
    parentId === null || executeQuery(db, hasParentQuery(kind, userId, parentId)),
  ]);
  if (parent !== undefined && !hasParent) throw notFound(parent.label);
  return page;
}

/**
 * A page of the items in the trash, the newest deletion first. Those that were deleted with another are not listed.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readItemTrashPage<I extends Item>(
  db: Db,
  userId: string,
  kind: ItemKind<I>,
  query: ItemListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const where = [sql<SqlBool>`t.deleted_at is not null`];
  if ('deleted_with' in kind.columns) where.push(sql`t.deleted_with is null`);
  const source = { ...sourceOf(kind), shape: 'trash', where, json: kind.trashJson };
  return readPage({ ...keys, scope: [userId, 'trash', kind.noun] }, query, (request) =>
    findPage(db, { ...source, params: { user_id: userId } }, newestDeletionFirst, request),
  );
}

const sourceOf = ({ table }: Pick<ItemKind, 'table'>) => ({
  table,
  materialize: false,
  hasUnfoldedRows: null,
});
