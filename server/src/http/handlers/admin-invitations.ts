import { Type } from 'typebox';
import { createInvitation, listInvitations, revokeInvitation } from '../../admin/invitations.ts';
import { InvitationListQuery, InvitationPath, InvitationRequest } from '../../admin/model.ts';
import type { Context } from '../../context.ts';
import { emailTaken, notFound } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { envelope, envelopePage, envelopeSchema } from '../v1/render.ts';
import { adminErrors, adminErrorsWith, adminTags, pageSchema } from './admin-schemas.ts';

const createSchema = {
  operationId: 'adminCreateInvitation',
  summary: 'Invite an address',
  description:
    'Lets the address register where REGISTRATION is `invite`: good for seven days and once, and ends an earlier ' +
    'invitation of the address. It is mailed too, where mail can be sent.',
  tags: adminTags,
  body: InvitationRequest,
  response: {
    201: envelopeSchema(Type.Ref('NewInvitation'), 'The invitation, with its token.'),
    ...adminErrorsWith([409, 413, 415, 422], { 409: 'The address has an account.' }, { 409: emailTaken() }),
  },
};

const listSchema = {
  operationId: 'adminListInvitations',
  summary: 'List invitations',
  description: 'Those that can be used, by id.',
  tags: adminTags,
  querystring: InvitationListQuery,
  response: { 200: pageSchema('Invitation', 'A page of invitations.'), ...adminErrors(422) },
};

const revokeSchema = {
  operationId: 'adminRevokeInvitation',
  summary: 'Revoke an invitation',
  tags: adminTags,
  params: InvitationPath,
  response: {
    200: envelopeSchema(Type.Null(), 'The invitation is no longer good.'),
    ...adminErrorsWith(
      [404, 413, 415, 422],
      { 404: 'There is no such invitation.' },
      { 404: notFound('Invitation') },
    ),
  },
};

export function invitationRoutes(app: App, { config, db, mailer }: Context): void {
  const path = '/admin/invitations';

  app.post(path, { schema: createSchema }, async (request, reply) => {
    const made = await createInvitation(config, db, mailer, auditOriginOf(request), request.body.email);
    reply.status(201).header('cache-control', 'no-store');
    return envelope(made, 'Invitation created successfully', 201);
  });

  app.get(path, { schema: listSchema }, async (request) => {
    const found = await listInvitations(db, auditOriginOf(request), request.query);
    return envelopePage(found, request.query.limit, 'Invitations retrieved successfully');
  });

  app.delete(`${path}/:invitation_id`, { schema: revokeSchema }, async (request) => {
    await revokeInvitation(db, auditOriginOf(request), request.params.invitation_id);
    return envelope(null, 'Invitation revoked successfully');
  });
}
