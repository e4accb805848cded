import { Type } from 'typebox';
import { AdminUserListQuery, AdminUserPath, Ban, RoleChange } from '../../admin/model.ts';
import { findLock } from '../../admin/queries.ts';
import {
  banUser,
  changeRole,
  getUser,
  listUsers,
  lockService,
  recordServiceLook,
  unbanUser,
  unlockService,
} from '../../admin/service.ts';
import { AuditListQuery } from '../../audit/model.ts';
import type { Context } from '../../context.ts';
import type { App } from '../app-type.ts';
import { readAuditPage } from '../contract/audit-page.ts';
import { originOf, requireAdmin } from '../hooks/authentication.ts';
import { compress } from '../hooks/coding.ts';
import { adminAccountRoutes } from './admin-accounts.ts';
import { invitationRoutes } from './admin-invitations.ts';
import { errors, one, pageOf, tags, user } from './admin-schemas.ts';
import { auditPage } from './audit.ts';
import { envelope, envelopeOf, pageAfter } from './render.ts';

const listSchema = {
  operationId: 'adminListUsers',
  summary: 'List users',
  description: 'Accounts of this server and user ids of other issuers that hold data here, by id.',
  tags,
  querystring: AdminUserListQuery,
  response: {
    200: pageOf('AdminUser', 'A page of users.'),
    ...errors(422),
  },
};

const banSchema = {
  ...one('adminBanUser', 'Ban a user', 'The banned user.'),
  description:
    'Refuses all tokens and log-ins of the user within 1 s, on every instance, until the ban is lifted.',
  body: Ban,
  response: { 200: user('The banned user.'), ...errors(404, 413, 415, 422) },
};

const roleSchema = {
  ...one('adminSetRole', 'Set the role of an account', 'The user.'),
  description: 'A change ends all sessions of the user.',
  body: RoleChange,
  response: { 200: user('The user.'), ...errors(404, 413, 415, 422) },
};

const lock = (operationId: string, summary: string) => ({
  operationId,
  summary,
  description: 'Answered while the service is locked, too.',
  tags,
  response: {
    200: envelopeOf(
      Type.Object({
        locked_at: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
      }),
      'Whether the service is locked.',
    ),
    ...errors(413, 415),
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
    const found = await listUsers(db, originOf(request), request.query);
    return pageAfter(found, request.query.limit, 'Users retrieved successfully');
  });

  app.put(`${path}/ban`, { schema: banSchema }, async (request) => {
    const { params, body } = request;
    const banned = await banUser(db, params.user_id, originOf(request), body.reason ?? null);
    return envelope(banned, 'User banned successfully');
  });

  const unban = one(
    'adminUnbanUser',
    'Lift the ban of a user',
    'The user.',
    'Tokens and log-ins are accepted again; ended sessions stay so.',
  );
  app.delete(`${path}/ban`, { schema: unban }, async (request) =>
    envelope(await unbanUser(db, request.params.user_id, originOf(request)), 'Ban lifted successfully'),
  );

  app.put(`${path}/role`, { schema: roleSchema }, async (request) => {
    const { params, body } = request;
    const changed = await changeRole(db, params.user_id, originOf(request), body.role);
    return envelope(changed, 'Role set successfully');
  });
}

const auditSchema = {
  operationId: 'adminListUserAudit',
  summary: 'List what happened to a user',
  description: 'The look itself becomes an entry of the user.',
  tags,
  params: AdminUserPath,
  querystring: AuditListQuery,
  response: { 200: auditPage, ...errors(404, 410, 422) },
};

const serviceAuditSchema = {
  operationId: 'adminListServiceAudit',
  summary: 'List what happened to no user in particular',
  description:
    'Log-ins to addresses without an account, refused tokens by address, the kill switch, lists of users.',
  tags,
  querystring: AuditListQuery,
  response: { 200: auditPage, ...errors(410, 422) },
};

function auditRoutes(app: App, ctx: Context): void {
  const { db } = ctx;

  app.get(
    '/admin/users/:user_id/audit',
    { schema: auditSchema, onSend: compress },
    async (request, reply) => {
      const { params, query } = request;
      await getUser(db, params.user_id, originOf(request), 'admin.audit.list');
      const { entries, pagination } = await readAuditPage(ctx, request, reply, params.user_id, query);
      return { ...envelope(entries, 'Audit entries retrieved successfully'), pagination };
    },
  );

  app.get('/admin/audit', { schema: serviceAuditSchema, onSend: compress }, async (request, reply) => {
    await recordServiceLook(db, originOf(request));
    const { entries, pagination } = await readAuditPage(ctx, request, reply, '', request.query);
    return { ...envelope(entries, 'Audit entries retrieved successfully'), pagination };
  });
}

function lockRoutes(app: App, { db }: Context): void {
  const path = '/admin/lock';
  const config = { whileLocked: true };
  const answer = (since: Date | null, message: string) =>
    envelope({ locked_at: since?.toISOString() ?? null }, message);

  app.get(path, { config, schema: lock('adminGetLock', 'Whether the service is locked') }, async () =>
    answer(await findLock(db), 'Lock retrieved successfully'),
  );

  const lockSchema = {
    ...lock('adminLock', 'Lock the whole service'),
    description:
      'Within 1 s every instance answers 503 to everything below `/api` but these three; health stays up.',
  };
  app.put(path, { config, schema: lockSchema }, async (request) =>
    answer(await lockService(db, originOf(request)), 'Service locked'),
  );

  app.delete(path, { config, schema: lock('adminUnlock', 'Unlock the service') }, async (request) =>
    answer(await unlockService(db, originOf(request)), 'Service unlocked'),
  );
}
