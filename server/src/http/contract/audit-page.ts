import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditListQuery, AuditRecord } from '../../audit/model.ts';
import { listAudit } from '../../audit/queries.ts';
import type { Context } from '../../context.ts';
import { decodeCursor, encodeCursor } from '../../db/cursors.ts';
import { cursorKeysOf } from './cursor-scope.ts';
import { linkHeader, type PageLinks } from './page-links.ts';

export interface AuditPageReply {
  entries: AuditRecord[];
  pagination: { total: number; limit: number; next_cursor: string | null };
}

/** Reads a page of audit entries, and sets `X-Total-Count` and `Link`. The empty user id stands for the service. */
export async function readAuditPage(
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  { limit, cursor }: AuditListQuery,
): Promise<AuditPageReply> {
  const scope = { ...cursorKeysOf(ctx), scope: ['audit', userId] };
  const position = cursor === undefined ? null : decodeCursor(cursor, scope);
  const { entries, total, next, prev } = await listAudit(ctx.db, userId, { limit, position });
  const nextCursor = next && encodeCursor(next, scope);
  const links: PageLinks = { first: {} };
  if (nextCursor !== null) links.next = { cursor: nextCursor };
  if (prev !== null) links.prev = { cursor: encodeCursor(prev, scope) };
  reply.header('x-total-count', total).header('link', linkHeader(request.url, links));
  return { entries, pagination: { total, limit, next_cursor: nextCursor } };
}
