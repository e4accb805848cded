import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { executeBulk } from '../../tasks/bulk.ts';
import { bulkRequest } from '../../tasks/bulk-model.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { errorResponses, WriteHeaders } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';
import { envelope, envelopeSchema } from './render.ts';

const bodyLimitBytes = 1024 * 1024;

const bulkSchema = (maxOperations: number) => ({
  operationId: 'bulkTasks',
  summary: 'Do many operations on tasks at once',
  description:
    'They are done in their order, each on what those before it left. Each succeeds or fails for itself; with `atomic`, the first failure is the answer, and nothing is changed.',
  tags: ['Tasks'],
  params: UserPath,
  headers: WriteHeaders,
  body: bulkRequest(maxOperations),
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('BulkResult')), 'What became of each operation, in their order.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 409, 413, 414, 415, 422], {
      404: 'With `atomic`: this user has no such task.',
      413: 'The body is larger than 1 MB.',
    }),
  },
});

export function bulkRoutes(app: App, { db, config }: Context): void {
  const schema = bulkSchema(config.http.bulkMaxOperations);
  app.post('/users/:user_id/tasks/bulk', { schema, bodyLimit: bodyLimitBytes }, async (request) => {
    const { params, body } = request;
    const { operations, atomic = false } = body;
    const results = takeResult(
      request,
      await executeBulk(db, params.user_id, writeContextOf(request), operations, atomic),
    );
    return envelope(results, 'Bulk operations done');
  });
}
