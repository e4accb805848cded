import { Type } from 'typebox';
import { createPasswordLink, createUser, getUserDetails, listUserSessions } from '../../admin/accounts.ts';
import { NewUser } from '../../admin/model.ts';
import { endUserSessions } from '../../admin/service.ts';
import type { Context } from '../../context.ts';
import { emailTaken } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { envelope, envelopeSchema } from '../v1/render.ts';
import { adminErrors, adminErrorsWith, adminTags, userOperation } from './admin-schemas.ts';

const createSchema = {
  operationId: 'adminCreateUser',
  summary: 'Make an account',
  description:
    'Nobody knows its password: the answer holds a link to set it, good for a week and once, to be handed to the owner. ' +
    'Whatever REGISTRATION says.',
  tags: adminTags,
  body: NewUser,
  response: {
    201: envelopeSchema(
      Type.Object({ user: Type.Ref('AdminUser'), link: Type.Ref('OneTimeLink') }),
      'The new user, and the link.',
    ),
    ...adminErrorsWith([409, 413, 415, 422], { 409: 'The address is taken.' }, { 409: emailTaken() }),
  },
};

const getSchema = {
  ...userOperation(
    'adminGetUser',
    'Get a user',
    'The user.',
    'An account of this server, or a user id of another issuer that holds data here.',
  ),
  response: { 200: envelopeSchema(Type.Ref('AdminUserDetails'), 'The user.'), ...adminErrors(404, 422) },
};

const linkSchema = {
  ...userOperation(
    'adminCreatePasswordLink',
    'Make a link to set a new password',
    'The link.',
    'What the owner would get by mail, to be handed over: good for one hour and once. It ends earlier links; sessions end ' +
      'when it is used.',
  ),
  response: { 201: envelopeSchema(Type.Ref('OneTimeLink'), 'The link.'), ...adminErrors(404, 413, 415, 422) },
};

const sessionsSchema = {
  ...userOperation('adminListSessions', 'List the sessions of a user', 'The sessions.'),
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('Session')), 'Sessions that live, the newest first.'),
    ...adminErrors(404, 422),
  },
};

const endSchema = userOperation(
  'adminEndSessions',
  'End all sessions and tokens of a user',
  'The user.',
  'Refuses every token from before.',
);

/** Accounts, their links and sessions. What is answered with a link holds a secret: no cache may keep it. */
export function adminAccountRoutes(app: App, { config, db }: Context): void {
  const path = '/admin/users/:user_id';

  app.post('/admin/users', { schema: createSchema }, async (request, reply) => {
    const made = await createUser(config, db, auditOriginOf(request), request.body);
    reply.status(201).header('cache-control', 'no-store');
    return envelope(made, 'User created successfully', 201);
  });

  app.get(path, { schema: getSchema }, async (request) => {
    const found = await getUserDetails(db, request.params.user_id, auditOriginOf(request));
    return envelope(found, 'User retrieved successfully');
  });

  app.post(`${path}/password-reset`, { schema: linkSchema }, async (request, reply) => {
    const link = await createPasswordLink(config, db, request.params.user_id, auditOriginOf(request));
    reply.status(201).header('cache-control', 'no-store');
    return envelope(link, 'Link created successfully', 201);
  });

  app.get(`${path}/sessions`, { schema: sessionsSchema }, async (request) => {
    const sessions = await listUserSessions(db, request.params.user_id, auditOriginOf(request));
    return envelope(sessions, 'Sessions retrieved successfully');
  });

  app.delete(`${path}/sessions`, { schema: endSchema }, async (request) =>
    envelope(
      await endUserSessions(db, request.params.user_id, auditOriginOf(request)),
      'Sessions ended successfully',
    ),
  );
}
