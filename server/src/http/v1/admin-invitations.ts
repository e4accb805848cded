import { Type } from 'typebox';
import { createInvitation, listInvitations, revokeInvitation } from '../../admin/invitations.ts';
import { InvitationListQuery, InvitationPath, InvitationRequest } from '../../admin/model.ts';
import type { Context } from '../../context.ts';
import { emailTaken, notFound } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { originOf } from '../hooks/authentication.ts';
import { errors, errorsWith, pageOf, tags } from './admin-schemas.ts';
import { envelope, envelopeOf, pageAfter } from './render.ts';

const createSchema = {
  operationId: 'adminCreateInvitation',
  summary: 'Invite an address',
  description:
    'Lets the address register where REGISTRATION is `invite`: good for seven days and once, and ends an earlier ' +
    'invitation of the address. It is mailed too, where mail can be sent.',
  tags,
  body: InvitationRequest,
  response: {
    201: envelopeOf(Type.Ref('NewInvitation'), 'The invitation, with its token.'),
    ...errorsWith([409, 413, 415, 422], { 409: 'The address has an account.' }, { 409: emailTaken() }),
  },
};

const listSchema = {
  operationId: 'adminListInvitations',
  summary: 'List invitations',
  description: 'Those that can be used, by id.',
  tags,
  querystring: InvitationListQuery,
  response: { 200: pageOf('Invitation', 'A page of invitations.'), ...errors(422) },
};

const revokeSchema = {
  operationId: 'adminRevokeInvitation',
  summary: 'Revoke an invitation',
  tags,
  params: InvitationPath,
  response: {
    200: envelopeOf(Type.Null(), 'The invitation is no longer good.'),
    ...errorsWith(
      [404, 413, 415, 422],
      { 404: 'There is no such invitation.' },
      { 404: notFound('Invitation') },
    ),
  },
};

export function invitationRoutes(app: App, { config, db, mailer }: Context): void {
  const path = '/admin/invitations';

  app.post(path, { schema: createSchema }, async (request, reply) => {
    const made = await createInvitation(config, db, mailer, originOf(request), request.body.email);
    reply.status(201).header('cache-control', 'no-store');
    return envelope(made, 'Invitation created successfully', 201);
  });

  app.get(path, { schema: listSchema }, async (request) => {
    const found = await listInvitations(db, originOf(request), request.query);
    return pageAfter(found, request.query.limit, 'Invitations retrieved successfully');
  });

  app.delete(`${path}/:invitation_id`, { schema: revokeSchema }, async (request) => {
    await revokeInvitation(db, originOf(request), request.params.invitation_id);
    return envelope(null, 'Invitation revoked successfully');
  });
}
