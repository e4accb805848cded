import { AdminUserPath } from '../../admin/model.ts';
import { recordServiceAuditView, viewUser } from '../../admin/service.ts';
import { AuditListQuery } from '../../audit/model.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { readAuditPage } from '../contract/audit-page.ts';
import { operation } from '../contract/operation.ts';
import { logHeaders } from '../contract/schemas.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { compress } from '../hooks/content-coding.ts';

/** Shared by all lists of audit entries. */
const success = {
  message: 'Audit entries retrieved successfully',
  data: Type.Array(Type.Ref('AuditEntry')),
  description: 'A page of entries, newest first.',
  headers: logHeaders,
  more: {
    pagination: Type.Object({
      total: Type.Integer(),
      limit: Type.Integer(),
      next_cursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    }),
  },
};
const options = { onSend: compress };

export const listAudit = operation({
  id: 'listAudit',
  summary: 'List what happened to this user',
  description:
    'Changes, log-ins and accesses by others have an entry each; reads by the user and refused requests are counted, one entry for some minutes of the same. Each entry is chained to the one before by `hash`.',
  group: 'Audit',
  input: { params: UserPath, querystring: AuditListQuery },
  success,
  errors: [410, 422],
  options,
  async handle({ ctx, request, reply }) {
    const { params, query } = request;
    const { entries, pagination } = await readAuditPage(ctx, request, reply, params.user_id, query);
    return { data: entries, more: { pagination } };
  },
});

export const adminListUserAudit = operation({
  id: 'adminListUserAudit',
  summary: 'List what happened to a user',
  description: 'The look itself becomes an entry of the user.',
  group: 'Administration',
  input: { params: AdminUserPath, querystring: AuditListQuery },
  success,
  errors: [404, 410, 422],
  options,
  async handle({ ctx, db, request, reply }) {
    const { params, query } = request;
    await viewUser(db, params.user_id, auditOriginOf(request), 'admin.audit.list');
    const { entries, pagination } = await readAuditPage(ctx, request, reply, params.user_id, query);
    return { data: entries, more: { pagination } };
  },
});

export const adminListServiceAudit = operation({
  id: 'adminListServiceAudit',
  summary: 'List what happened to no user in particular',
  description:
    'Log-ins to addresses without an account, refused tokens by address, the kill switch, lists of users.',
  group: 'Administration',
  input: { querystring: AuditListQuery },
  success,
  errors: [410, 422],
  options,
  async handle({ ctx, db, request, reply }) {
    await recordServiceAuditView(db, auditOriginOf(request));
    const { entries, pagination } = await readAuditPage(ctx, request, reply, '', request.query);
    return { data: entries, more: { pagination } };
  },
});
