import { createInvitation, listInvitations, revokeInvitation } from '../../admin/invitations.ts';
import { InvitationListQuery, InvitationPath, InvitationRequest } from '../../admin/model.ts';
import { emailTaken, notFound } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { createdSuccess, adminGroup as group, noStore, pageResult, pageSuccess } from './admin-schemas.ts';

export const adminCreateInvitation = operation({
  id: 'adminCreateInvitation',
  summary: 'Invite an address',
  description:
    'Lets the address register where REGISTRATION is `invite`: good for seven days and once, and ends an earlier ' +
    'invitation of the address. It is mailed too, where mail can be sent.',
  group,
  input: { body: InvitationRequest },
  success: createdSuccess(
    'Invitation created successfully',
    Type.Ref('NewInvitation'),
    'The invitation, with its token.',
  ),
  errors: [409, 413, 415, 422],
  errorDescriptions: { 409: 'The address has an account.' },
  errorExamples: { 409: emailTaken() },
  async handle({ ctx, db, request }) {
    const { config, mailer } = ctx;
    const origin = auditOriginOf(request);
    const invitation = await createInvitation(config, db, mailer, origin, request.body.email);
    // The token is a secret.
    return { data: invitation, headers: noStore };
  },
});

export const adminListInvitations = operation({
  id: 'adminListInvitations',
  summary: 'List invitations',
  description: 'Those that can be used, by id.',
  group,
  input: { querystring: InvitationListQuery },
  success: pageSuccess('Invitation', 'Invitations retrieved successfully', 'A page of invitations.'),
  errors: [422],
  async handle({ db, request }) {
    const found = await listInvitations(db, auditOriginOf(request), request.query);
    return pageResult(found, request.query.limit);
  },
});

export const adminRevokeInvitation = operation({
  id: 'adminRevokeInvitation',
  summary: 'Revoke an invitation',
  group,
  input: { params: InvitationPath },
  success: {
    message: 'Invitation revoked successfully',
    data: Type.Null(),
    description: 'The invitation is no longer good.',
  },
  errors: [404, 413, 415, 422],
  errorDescriptions: { 404: 'There is no such invitation.' },
  errorExamples: { 404: notFound('Invitation') },
  async handle({ db, request }) {
    await revokeInvitation(db, auditOriginOf(request), request.params.invitation_id);
    return { data: null };
  },
});
