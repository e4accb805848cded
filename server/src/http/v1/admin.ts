import { Type } from 'typebox';
import { AdminUserListQuery, AdminUserPath, Ban, RoleChange } from '../../admin/model.ts';
import { findServiceLock } from '../../admin/queries.ts';
import {
  banUser,
  changeRole,
  listUsers,
  lockService,
  recordServiceAuditView,
  unbanUser,
  unlockService,
  viewUser,
} from '../../admin/service.ts';
import { AuditListQuery } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import type { App } from '../app-type.ts';
import { readAuditPage } from '../contract/audit-page.ts';
import { auditOriginOf, requireAdmin } from '../hooks/authentication.ts';
import { compress } from '../hooks/content-coding.ts';
import { adminAccountRoutes } from './admin-accounts.ts';
import { invitationRoutes } from './admin-invitations.ts';
import { adminErrors, adminTags, pageSchema, userOperation, userSchema } from './admin-schemas.ts';
import { auditPageSchema } from './audit.ts';
import { envelope, envelopePage, envelopeSchema } from './render.ts';

const listSchema = {
  operationId: 'adminListUsers',
  summary: 'List users',
  description: 'Accounts of this server and user ids of other issuers that hold data here, by id.',
  tags: adminTags,
  querystring: AdminUserListQuery,
  response: {
    200: pageSchema('AdminUser', 'A page of users.'),
    ...adminErrors(422),
  },
};

const banSchema = {
  ...userOperation('adminBanUser', 'Ban a user', 'The banned user.'),
  description:
    'Refuses all tokens and log-ins of the user within 1 s, on every instance, until the ban is lifted.',
  body: Ban,
  response: { 200: userSchema('The banned user.'), ...adminErrors(404, 413, 415, 422) },
};

const roleSchema = {
  ...userOperation('adminSetRole', 'Set the role of an account', 'The user.'),
  description: 'A change ends all sessions of the user.',
  body: RoleChange,
  response: { 200: userSchema('The user.'), ...adminErrors(404, 413, 415, 422) },
};

const lock = (operationId: string, summary: string) => ({
  operationId,
  summary,
  description: 'Answered while the service is locked, too.',
  tags: adminTags,
  response: {
    200: envelopeSchema(
      Type.Object({
        locked_at: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
      }),
      'Whether the service is locked.',
    ),
    ...adminErrors(413, 415),
  },
});

export function adminRoutes(app: App, ctx: Context): void {
  requireAdmin(app, ctx);
  userRoutes(app, ctx);
  adminAccountRoutes(app, ctx);
  invitationRoutes(app, ctx);
  auditRoutes(app, ctx);
  lockRoutes(app, ctx);
}

function userRoutes(app: App, { db }: Context): void {
  const path = '/admin/users/:user_id';

  app.get('/admin/users', { schema: listSchema }, async (request) => {
    const found = await listUsers(db, auditOriginOf(request), request.query);
    return envelopePage(found, request.query.limit, 'Users retrieved successfully');
  });

  app.put(`${path}/ban`, { schema: banSchema }, async (request) => {
    const { params, body } = request;
    const banned = await banUser(db, params.user_id, auditOriginOf(request), body.reason ?? null);
    return envelope(banned, 'User banned successfully');
  });

  const unban = userOperation(
    'adminUnbanUser',
    'Lift the ban of a user',
    'The user.',
    'Tokens and log-ins are accepted again; ended sessions stay so.',
  );
  app.delete(`${path}/ban`, { schema: unban }, async (request) =>
    envelope(await unbanUser(db, request.params.user_id, auditOriginOf(request)), 'Ban lifted successfully'),
  );

  app.put(`${path}/role`, { schema: roleSchema }, async (request) => {
    const { params, body } = request;
    const changed = await changeRole(db, params.user_id, auditOriginOf(request), body.role);
    return envelope(changed, 'Role set successfully');
  });
}

const auditSchema = {
  operationId: 'adminListUserAudit',
  summary: 'List what happened to a user',
  description: 'The look itself becomes an entry of the user.',
  tags: adminTags,
  params: AdminUserPath,
  querystring: AuditListQuery,
  response: { 200: auditPageSchema, ...adminErrors(404, 410, 422) },
};

const serviceAuditSchema = {
  operationId: 'adminListServiceAudit',
  summary: 'List what happened to no user in particular',
  description:
    'Log-ins to addresses without an account, refused tokens by address, the kill switch, lists of users.',
  tags: adminTags,
  querystring: AuditListQuery,
  response: { 200: auditPageSchema, ...adminErrors(410, 422) },
};

function auditRoutes(app: App, ctx: Context): void {
  const { db } = ctx;

  app.get(
    '/admin/users/:user_id/audit',
    { schema: auditSchema, onSend: compress },
    async (request, reply) => {
      const { params, query } = request;
      await viewUser(db, params.user_id, auditOriginOf(request), 'admin.audit.list');
      const { entries, pagination } = await readAuditPage(ctx, request, reply, params.user_id, query);
      return { ...envelope(entries, 'Audit entries retrieved successfully'), pagination };
    },
  );

  app.get('/admin/audit', { schema: serviceAuditSchema, onSend: compress }, async (request, reply) => {
    await recordServiceAuditView(db, auditOriginOf(request));
    const { entries, pagination } = await readAuditPage(ctx, request, reply, '', request.query);
    return { ...envelope(entries, 'Audit entries retrieved successfully'), pagination };
  });
}

function lockRoutes(app: App, { db }: Context): void {
  const path = '/admin/lock';
  const config = { allowedWhileLocked: true };
  const answer = (since: Date | null, message: string) =>
    envelope({ locked_at: since?.toISOString() ?? null }, message);

  app.get(path, { config, schema: lock('adminGetLock', 'Whether the service is locked') }, async () =>
    answer(await findServiceLock(db), 'Lock retrieved successfully'),
  );

  const lockSchema = {
    ...lock('adminLock', 'Lock the whole service'),
    description:
      'Within 1 s every instance answers 503 to everything below `/api` but these three; health stays up.',
  };
  app.put(path, { config, schema: lockSchema }, async (request) =>
    answer(await lockService(db, auditOriginOf(request)), 'Service locked'),
  );

  app.delete(path, { config, schema: lock('adminUnlock', 'Unlock the service') }, async (request) =>
    answer(await unlockService(db, auditOriginOf(request)), 'Service unlocked'),
  );
}
