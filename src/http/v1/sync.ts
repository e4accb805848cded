import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { UserPath } from '../../owners/model.ts';
import { ChangeListQuery } from '../../sync/model.ts';
import { readChanges } from '../../sync/service.ts';
import type { App } from '../app-type.ts';
import { errorResponses } from '../schemas.ts';
import { envelope, envelopeOf } from './render.ts';

const tags = ['Sync'];

const changesSchema = {
  operationId: 'listChanges',
  summary: 'Follow the changes of tasks, tags and profile',
  description:
    'Each thing once, at its newest revision, as it is now, the oldest change first. A client that starts without ' +
    '`since` and goes on with every `next_cursor` ends with exactly what the server has, whatever is written meanwhile.',
  tags,
  params: UserPath,
  querystring: ChangeListQuery,
  response: {
    200: envelopeOf(Type.Array(Type.Ref('Change')), 'Changes, the oldest first.', undefined, {
      next_cursor: Type.String({ description: 'Where to go on: with `has_more` at once, else later.' }),
      has_more: Type.Boolean({
        description: 'Whether more is there already; `data` may be empty all the same.',
      }),
    }),
    ...errorResponses('Error', [400, 401, 403, 410, 414, 422]),
  },
};

export function syncRoutes(app: App, { db, config }: Context): void {
  app.get('/users/:user_id/changes', { schema: changesSchema }, async ({ params, query }) => {
    const { changes, next, hasMore } = await readChanges(db, config.auth.secrets, params.user_id, query);
    return { ...envelope(changes, 'Changes retrieved successfully'), next_cursor: next, has_more: hasMore };
  });
}
