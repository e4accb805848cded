import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import { type CursorScope, decodeCursor, encodeCursor } from '../db/paging.ts';
import { invalid } from '../errors.ts';
import { listTasks } from '../tasks/list.ts';
import type { Task, TaskListQuery } from '../tasks/model.ts';
import { type Links, linkHeader } from './links.ts';

export interface TaskPageReply {
  tasks: Task[];
  pagination: { total: number; limit: number; offset: number | null; next_cursor: string | null };
}

/** A page of tasks, with its `X-Total-Count` and `Link` headers set. */
export async function readTaskPage(
  { db, config }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  query: TaskListQuery,
): Promise<TaskPageReply> {
  const { cursor, limit, ...rest } = query;
  const { offset, ...filter } = rest;
  if (cursor !== undefined && offset !== undefined) {
    throw invalid([{ loc: ['query', 'cursor'], msg: 'cannot be used with offset', type: 'cursor' }]);
  }
  const scope: CursorScope = { secrets: config.auth.secrets, scope: [userId, inNameOrder(filter)] };
  const position = cursor === undefined ? null : decodeCursor(cursor, scope);
  const page = await listTasks(db, userId, { ...filter, limit, offset: offset ?? 0, position });
  const next = page.next && encodeCursor(page.next, scope);
  const links: Links = { first: {} };
  if (offset === undefined) {
    if (next !== null) links.next = { cursor: next };
    if (page.prev !== null) links.prev = { cursor: encodeCursor(page.prev, scope) };
  } else {
    if (next !== null) links.next = { offset: String(offset + limit) };
    if (offset > 0) links.prev = { offset: String(Math.max(0, offset - limit)) };
  }
  reply.header('x-total-count', page.total).header('link', linkHeader(request.url, links));
  return {
    tasks: page.tasks,
    pagination: {
      total: page.total,
      limit,
      offset: cursor === undefined ? (offset ?? 0) : null,
      next_cursor: next,
    },
  };
}

/** The same parameters in another order are the same filter. */
function inNameOrder(filter: object): [string, unknown][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}
