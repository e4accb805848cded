import { AdminUserListQuery, AdminUserPath, Ban, RoleChange } from '../../admin/model.ts';
import { banUser, changeRole, listUsers, unbanUser } from '../../admin/service.ts';
import { operation } from '../contract/operation.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { adminGroup as group, pageResult, pageSuccess, userSuccess } from './admin-schemas.ts';

export const adminListUsers = operation({
  id: 'adminListUsers',
  summary: 'List users',
  description: 'Accounts of this server and user ids of other issuers that hold data here, by id.',
  group,
  input: { querystring: AdminUserListQuery },
  success: pageSuccess('AdminUser', 'Users retrieved successfully', 'A page of users.'),
  errors: [422],
  async handle({ db, request }) {
    const found = await listUsers(db, auditOriginOf(request), request.query);
    return pageResult(found, request.query.limit);
  },
});

export const adminBanUser = operation({
  id: 'adminBanUser',
  summary: 'Ban a user',
  description:
    'Refuses all tokens and log-ins of the user within 1 s, on every instance, until the ban is lifted.',
  group,
  input: { params: AdminUserPath, body: Ban },
  success: userSuccess('User banned successfully', 'The banned user.'),
  errors: [404, 413, 415, 422],
  async handle({ db, request }) {
    const { params, body } = request;
    return { data: await banUser(db, params.user_id, auditOriginOf(request), body.reason ?? null) };
  },
});

export const adminUnbanUser = operation({
  id: 'adminUnbanUser',
  summary: 'Lift the ban of a user',
  description: 'Tokens and log-ins are accepted again; ended sessions stay so.',
  group,
  input: { params: AdminUserPath },
  success: userSuccess('Ban lifted successfully', 'The user.'),
  errors: [404, 422],
  async handle({ db, request }) {
    return { data: await unbanUser(db, request.params.user_id, auditOriginOf(request)) };
  },
});

export const adminSetRole = operation({
  id: 'adminSetRole',
  summary: 'Set the role of an account',
  description: 'A change ends all sessions of the user.',
  group,
  input: { params: AdminUserPath, body: RoleChange },
  success: userSuccess('Role set successfully', 'The user.'),
  errors: [404, 413, 415, 422],
  async handle({ db, request }) {
    const { params, body } = request;
    return { data: await changeRole(db, params.user_id, auditOriginOf(request), body.role) };
  },
});
