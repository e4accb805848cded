import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { UserPath } from '../../owners/model.ts';
import { TagListQuery } from '../../tags/model.ts';
import { listTags } from '../../tags/queries.ts';
import type { App } from '../app-type.ts';
import { errorResponses, listHeaders } from '../schemas.ts';
import { envelope, envelopeOf } from './render.ts';

const listSchema = {
  operationId: 'listTags',
  summary: 'List tags with their usage counts',
  tags: ['Tags'],
  params: UserPath,
  querystring: TagListQuery,
  response: {
    200: envelopeOf(Type.Array(Type.Ref('Tag')), 'Tags on live tasks, by name.', listHeaders),
    ...errorResponses('Error', [400, 401, 403, 414, 422]),
  },
};

export function tagRoutes(app: App, { db }: Context): void {
  app.get('/users/:user_id/tags', { schema: listSchema }, async ({ params, query }, reply) => {
    const { tags, total } = await listTags(db, params.user_id, query);
    reply.header('x-total-count', total);
    return envelope(tags, 'Tags retrieved successfully');
  });
}
