import { Type } from '../../platform/schema.ts';
import { executeBulk } from '../../tasks/bulk.ts';
import { bulkRequest } from '../../tasks/bulk-model.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { WriteHeaders } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

export const bulkTasks = operation({
  id: 'bulkTasks',
  summary: 'Do many operations on tasks at once',
  description:
    'They are done in their order, each on what those before it left. Each succeeds or fails for itself; with `atomic`, the first failure is the answer, and nothing is changed.',
  group: 'Tasks',
  input: ({ http }) => ({
    params: UserPath,
    headers: WriteHeaders,
    body: bulkRequest(http.bulkMaxOperations),
  }),
  success: {
    message: 'Bulk operations done',
    data: Type.Array(Type.Ref('BulkResult')),
    description: 'What became of each operation, in their order.',
  },
  errors: [404, 409, 413, 415, 422],
  errorDescriptions: {
    404: 'With `atomic`: this user has no such task.',
    413: 'The body is larger than 1 MB.',
  },
  options: { bodyLimit: 1024 * 1024 },
  async handle({ ctx, db, request }) {
    const { params, body } = request;
    const { operations, atomic = false } = body;
    const results = takeResult(
      request,
      await executeBulk(db, params.user_id, writeContextOf(request), operations, atomic),
    );
    ctx.statistics.noteCreated(results.filter(({ status }) => status === 201).length);
    return { data: results };
  },
});
