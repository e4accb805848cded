import { Type } from 'typebox';
import { AuditListQuery } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { readAuditPage } from '../contract/audit-page.ts';
import { errorResponses, pageHeaders } from '../contract/schemas.ts';
import { compress } from '../hooks/content-coding.ts';
import { envelope, envelopeSchema } from '../v1/render.ts';

/** The answer of every list of audit entries. */
export const auditPageSchema = envelopeSchema(
  Type.Array(Type.Ref('AuditEntry')),
  'A page of entries, newest first.',
  pageHeaders,
  {
    pagination: Type.Object({
      total: Type.Integer(),
      limit: Type.Integer(),
      next_cursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    }),
  },
);

const listSchema = {
  operationId: 'listAudit',
  summary: 'List what happened to this user',
  description:
    'Changes, log-ins and accesses by others have an entry each; reads by the user and refused requests are counted, one entry for some minutes of the same. Each entry is chained to the one before by `hash`.',
  tags: ['Audit'],
  params: UserPath,
  querystring: AuditListQuery,
  response: { 200: auditPageSchema, ...errorResponses('Problem', [400, 401, 403, 410, 414, 422]) },
};

export function auditRoutes(app: App, ctx: Context): void {
  app.get('/users/:user_id/audit', { schema: listSchema, onSend: compress }, async (request, reply) => {
    const { params, query } = request;
    const { entries, pagination } = await readAuditPage(ctx, request, reply, params.user_id, query);
    return { ...envelope(entries, 'Audit entries retrieved successfully'), pagination };
  });
}
