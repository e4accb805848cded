import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { decodeCursor, encodeCursor, type PageScope } from '../../db/cursors.ts';
import type { PageRequest, TaskPage } from '../../db/keyset-page.ts';
import { validationError } from '../../platform/errors.ts';
import { foldVersion } from '../../platform/folding.ts';
import { listTasks } from '../../tasks/list.ts';
import type { TaskListQuery, TrashListQuery } from '../../tasks/model.ts';
import { listTrash } from '../../tasks/trash.ts';
import { listCursorScope } from './cursor-scope.ts';
import { linkHeader, type PageLinks } from './page-links.ts';

export interface TaskPageReply {
  /** JSON: an array of tasks. */
  tasks: string;
  pagination: { total: number; limit: number; offset: number | null; next_cursor: string | null };
  isUncacheable: boolean;
}

/** A page of live tasks, with its `X-Total-Count` and `Link` headers set. */
export function readTaskPage(
  db: Context['db'],
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  query: TaskListQuery,
): Promise<TaskPageReply> {
  const { limit, offset, cursor, ...filter } = query;
  // A cursor of titles leads nowhere once they are folded otherwise.
  const order = filter.sort_by === 'title' ? { fold: foldVersion } : {};
  const scope = listCursorScope(ctx, [userId, sortByName({ ...filter, ...order })]);
  return readPage(request, reply, scope, query, (slice) => listTasks(db, userId, { ...filter, ...slice }));
}

/** A page of the trash, with the same headers. */
export function readTrashPage(
  db: Context['db'],
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  query: TrashListQuery,
): Promise<TaskPageReply> {
  const scope = listCursorScope(ctx, [userId, 'trash']);
  return readPage(request, reply, scope, query, (slice) => listTrash(db, userId, slice));
}

async function readPage(
  request: FastifyRequest,
  reply: FastifyReply,
  scope: PageScope,
  { limit, offset, cursor }: TrashListQuery,
  list: (slice: PageRequest) => Promise<TaskPage>,
): Promise<TaskPageReply> {
  if (cursor !== undefined && offset !== undefined) {
    throw validationError([{ loc: ['query', 'cursor'], msg: 'cannot be used with offset', type: 'cursor' }]);
  }
  const position = cursor === undefined ? null : decodeCursor(cursor, scope);
  const page = await list({ limit, offset: offset ?? 0, position });
  const next = page.next && encodeCursor(page.next, scope);
  const links: PageLinks = { first: {} };
  if (offset === undefined) {
    if (next !== null) links.next = { cursor: next };
    if (page.prev !== null) links.prev = { cursor: encodeCursor(page.prev, scope) };
  } else {
    if (next !== null) links.next = { offset: String(offset + limit) };
    if (offset > 0) links.prev = { offset: String(Math.max(0, offset - limit)) };
  }
  reply.header('x-total-count', page.total).header('link', linkHeader(request.url, links));
  return {
    tasks: `[${page.tasks.join()}]`,
    pagination: {
      total: page.total,
      limit,
      offset: cursor === undefined ? (offset ?? 0) : null,
      next_cursor: next,
    },
    isUncacheable: page.isUncacheable,
  };
}

/** The same parameters in another order are the same filter. */
function sortByName(filter: object): [string, unknown][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}
