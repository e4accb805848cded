import type { FastifySchema } from 'fastify';
import { Pagination } from '../../db/page-schemas.ts';
import type { Item } from '../../items/kind.ts';
import { readItemPage, readItemTrashPage } from '../../items/list.ts';
import { type ItemListQuery, itemPaging } from '../../items/model.ts';
import { findItem } from '../../items/queries.ts';
import { notFound } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import { pageHeaders } from '../contract/schemas.ts';
import { cacheable, cacheableList } from '../hooks/cached-responses.ts';
import { etagHeader, type ItemOperations, itemPath, pathParam, userIdOf } from './item-definition.ts';

const itemListQuery = (items: string) => Type.Object(itemPaging(items), { additionalProperties: false });

export function listOperation<I extends Item>(definition: ItemOperations<I>) {
  const { kind, many, group, schemas, more, filterOf } = definition;
  const { listPath = UserPath, listQuery = itemListQuery(many.toLowerCase()) } = definition;
  const { parent } = kind;
  return operation<FastifySchema>({
    id: `list${many}`,
    summary: `List ${many.toLowerCase()}`,
    description: 'In their manual order, each with the number of its open tasks, if it has tasks.',
    group,
    input: { params: listPath, querystring: listQuery },
    success: {
      message: `${many} retrieved successfully`,
      data: Type.Array(Type.Ref(schemas.listed)),
      description: `A page of ${many.toLowerCase()}.`,
      headers: pageHeaders,
      more: { pagination: Pagination, ...more?.schemas },
    },
    errors: parent === undefined ? [410, 422] : [404, 410, 422],
    ...(parent !== undefined && { errorExamples: { 404: notFound(parent.label) } }),
    caching: cacheableList,
    async handle({ ctx, db, request: { params, query, url } }) {
      const userId = userIdOf(params);
      const parentId = parent === undefined ? null : pathParam(params, parent.column);
      const filter = filterOf?.(query);
      const [page, rest] = await Promise.all([
        readItemPage(db, userId, kind, query as ItemListQuery, cursorKeysOf(ctx), { parentId, filter }),
        more?.read(db, userId),
      ]);
      const { items, pagination } = page;
      return { items, more: { pagination, ...rest }, headers: pageHeadersOf(url, page) };
    },
  });
}

export function getOperation<I extends Item>({ kind, one, group, schemas }: ItemOperations<I>) {
  const { label, noun } = kind;
  return operation<FastifySchema>({
    id: `get${one}`,
    summary: `Get a ${noun}`,
    description: 'Its `ETag` is its version.',
    group,
    input: { params: itemPath(noun) },
    success: {
      message: `${label} retrieved successfully`,
      data: Type.Ref(schemas.single),
      description: `The ${noun}.`,
      headers: etagHeader(noun),
    },
    errors: [404, 422],
    errorExamples: { 404: notFound(label) },
    caching: cacheable,
    async handle({ db, request: { params } }) {
      const item = await findItem(db, userIdOf(params), kind, pathParam(params, `${noun}_id`));
      if (item === null) throw notFound(label);
      return { data: item, headers: { etag: etagOf(item) } };
    },
  });
}

export function trashListOperation<I extends Item>({ kind, many, schemas }: ItemOperations<I>) {
  return operation<FastifySchema>({
    id: `listTrashed${many}`,
    summary: `List deleted ${many.toLowerCase()}`,
    description: 'The newest deletion first. They stay in the trash for `TRASH_RETENTION_DAYS`.',
    group: 'Trash',
    input: { params: UserPath, querystring: itemListQuery(many.toLowerCase()) },
    success: {
      message: 'Trash retrieved successfully',
      data: Type.Array(Type.Ref(schemas.trashed)),
      description: 'A page of the trash.',
      headers: pageHeaders,
      more: { pagination: Pagination },
    },
    errors: [410, 422],
    caching: cacheableList,
    async handle({ ctx, db, request: { params, query, url } }) {
      const keys = cursorKeysOf(ctx);
      const page = await readItemTrashPage(db, userIdOf(params), kind, query as ItemListQuery, keys);
      const { items, pagination } = page;
      return { items, more: { pagination }, headers: pageHeadersOf(url, page) };
    },
  });
}
