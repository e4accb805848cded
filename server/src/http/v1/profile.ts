import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { ProfilePatch } from '../../profiles/model.ts';
import { findProfile } from '../../profiles/queries.ts';
import { patchProfile } from '../../profiles/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import {
  contentEtagHeader,
  errorResponses,
  notModified,
  ReadHeaders,
  WriteHeaders,
} from '../contract/schemas.ts';
import { cacheable, sendCached } from '../hooks/cached-responses.ts';
import { writeContextOf } from '../hooks/idempotency.ts';
import { envelope, envelopeSchema } from './render.ts';

const tags = ['Profile'];

const getSchema = {
  operationId: 'getProfile',
  summary: 'Get the profile',
  description: 'Users of other issuers have one too, with what they set and defaults.',
  tags,
  params: UserPath,
  headers: ReadHeaders,
  response: {
    200: envelopeSchema(Type.Ref('Profile'), 'The profile.', contentEtagHeader),
    ...notModified(contentEtagHeader),
    ...errorResponses('Problem', [400, 401, 403, 414, 422]),
  },
};

const patchSchema = {
  operationId: 'patchProfile',
  summary: 'Change the profile',
  description: 'Merge patch (RFC 7396): absent keeps; null clears a name, but not of an account.',
  tags,
  params: UserPath,
  headers: WriteHeaders,
  body: ProfilePatch,
  response: {
    200: envelopeSchema(Type.Ref('Profile'), 'The profile as it is now.'),
    ...errorResponses('Problem', [400, 401, 403, 409, 413, 414, 415, 422]),
  },
};

export function profileRoutes(app: App, ctx: Context): void {
  app.get('/users/:user_id', { schema: getSchema, config: cacheable }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) =>
      envelope(await findProfile(db, request.params.user_id), 'Profile retrieved successfully'),
    ),
  );

  app.patch('/users/:user_id', { schema: patchSchema }, async (request) => {
    const { params, body } = request;
    const profile = await patchProfile(ctx.db, params.user_id, writeContextOf(request), body);
    return envelope(profile, 'Profile updated successfully');
  });
}
