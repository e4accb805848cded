import { createPasswordLink, createUser, getUserDetails, listUserSessions } from '../../admin/accounts.ts';
import { AdminUserPath, NewUser } from '../../admin/model.ts';
import { endUserSessions } from '../../admin/service.ts';
import { emailTaken } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { createdSuccess, adminGroup as group, noStore, userSuccess } from './admin-schemas.ts';

export const adminCreateUser = operation({
  id: 'adminCreateUser',
  summary: 'Make an account',
  description:
    'Nobody knows its password: the answer holds a link to set it, good for a week and once, to be handed to the owner. ' +
    'Whatever REGISTRATION says.',
  group,
  input: { body: NewUser },
  success: createdSuccess(
    'User created successfully',
    Type.Object({ user: Type.Ref('AdminUser'), link: Type.Ref('OneTimeLink') }),
    'The new user, and the link.',
  ),
  errors: [409, 413, 415, 422],
  errorDescriptions: { 409: 'The address is taken.' },
  errorExamples: { 409: emailTaken() },
  async handle({ ctx, db, request }) {
    const created = await createUser(ctx.config, db, auditOriginOf(request), request.body);
    // The link is a secret.
    return { data: created, headers: noStore };
  },
});

export const adminGetUser = operation({
  id: 'adminGetUser',
  summary: 'Get a user',
  description: 'An account of this server, or a user id of another issuer that holds data here.',
  group,
  input: { params: AdminUserPath },
  success: {
    message: 'User retrieved successfully',
    data: Type.Ref('AdminUserDetails'),
    description: 'The user.',
  },
  errors: [404, 422],
  async handle({ db, request }) {
    return { data: await getUserDetails(db, request.params.user_id, auditOriginOf(request)) };
  },
});

export const adminCreatePasswordLink = operation({
  id: 'adminCreatePasswordLink',
  summary: 'Make a link to set a new password',
  description:
    'What the owner would get by mail, to be handed over: good for one hour and once. It ends earlier links; sessions end ' +
    'when it is used.',
  group,
  input: { params: AdminUserPath },
  success: createdSuccess('Link created successfully', Type.Ref('OneTimeLink'), 'The link.'),
  errors: [404, 413, 415, 422],
  async handle({ ctx, db, request }) {
    const link = await createPasswordLink(ctx.config, db, request.params.user_id, auditOriginOf(request));
    return { data: link, headers: noStore };
  },
});

export const adminListSessions = operation({
  id: 'adminListSessions',
  summary: 'List the sessions of a user',
  group,
  input: { params: AdminUserPath },
  success: {
    message: 'Sessions retrieved successfully',
    data: Type.Array(Type.Ref('Session')),
    description: 'Sessions that live, the newest first.',
  },
  errors: [404, 422],
  async handle({ db, request }) {
    return { data: await listUserSessions(db, request.params.user_id, auditOriginOf(request)) };
  },
});

export const adminEndSessions = operation({
  id: 'adminEndSessions',
  summary: 'End all sessions and tokens of a user',
  description: 'Refuses every token from before.',
  group,
  input: { params: AdminUserPath },
  success: userSuccess('Sessions ended successfully', 'The user.'),
  errors: [404, 422],
  async handle({ db, request }) {
    return { data: await endUserSessions(db, request.params.user_id, auditOriginOf(request)) };
  },
});
