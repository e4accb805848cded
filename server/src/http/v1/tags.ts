import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { notFound } from '../../platform/errors.ts';
import { TagListQuery, TagPath, TagRename } from '../../tags/model.ts';
import { listTags } from '../../tags/queries.ts';
import { deleteTag, renameTag } from '../../tags/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { errorResponses, listHeaders, notModified, ReadHeaders, WriteHeaders } from '../contract/schemas.ts';
import { cacheableList, sendCached, uncacheableIf } from '../hooks/cached-responses.ts';
import { writeContextOf } from '../hooks/idempotency.ts';
import { envelope, envelopeSchema } from './render.ts';

const listSchema = {
  operationId: 'listTags',
  summary: 'List tags with their usage counts',
  description: 'By name. Tags that no live task has are not listed.',
  tags: ['Tags'],
  params: UserPath,
  querystring: TagListQuery,
  headers: ReadHeaders,
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('Tag')), 'Tags on live tasks, by name.', listHeaders),
    ...notModified(listHeaders),
    ...errorResponses('Problem', [400, 401, 403, 414, 422]),
  },
};

const tagExamples = { 404: notFound('Tag') };

const renameSchema = {
  operationId: 'renameTag',
  summary: 'Rename a tag on all tasks',
  description: 'In the trash too. Onto the name of another tag it merges the two.',
  tags: ['Tags'],
  params: TagPath,
  headers: WriteHeaders,
  body: TagRename,
  response: {
    200: envelopeSchema(Type.Ref('Tag'), 'The tag as it is called now.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 409, 413, 414, 415, 422], {}, tagExamples),
  },
};

const deleteSchema = {
  operationId: 'deleteTag',
  summary: 'Take a tag off all tasks',
  description: 'In the trash too. The tasks stay.',
  tags: ['Tags'],
  params: TagPath,
  headers: WriteHeaders,
  response: {
    200: envelopeSchema(Type.Null(), 'No task has the tag.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 409, 413, 414, 415, 422], {}, tagExamples),
  },
};

export function tagRoutes(app: App, ctx: Context): void {
  app.get('/users/:user_id/tags', { schema: listSchema, config: cacheableList }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params, query } = request;
      const { tags, total, isUncacheable: isPassing } = await listTags(db, params.user_id, query);
      reply.header('x-total-count', total);
      return uncacheableIf(isPassing, envelope(tags, 'Tags retrieved successfully'));
    }),
  );

  writeRoutes(app, ctx);
}

const tagPath = '/users/:user_id/tags/:name';

function writeRoutes(app: App, { db }: Context): void {
  app.patch(tagPath, { schema: renameSchema }, async (request) => {
    const { params, body } = request;
    const tag = await renameTag(db, params.user_id, writeContextOf(request), params.name, body.name);
    return envelope(tag, 'Tag renamed successfully');
  });

  app.delete(tagPath, { schema: deleteSchema }, async (request) => {
    const { params } = request;
    await deleteTag(db, params.user_id, writeContextOf(request), params.name);
    return envelope(null, 'Tag deleted successfully');
  });
}
