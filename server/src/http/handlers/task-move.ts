import { Type } from '../../platform/schema.ts';
import { TaskMove, TaskPath } from '../../tasks/model.ts';
import * as service from '../../tasks/move.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { operation } from '../contract/operation.ts';
import { ConditionalHeaders, etagHeader } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

export const moveTask = operation({
  id: 'moveTask',
  summary: 'Move a task in the manual order',
  description:
    'Next to a sibling, or to an end: either `after` or `before`. Siblings are the live tasks of the same project, section and parent. With another project, section or parent it goes there, and its subtasks with it.',
  group: 'Tasks',
  input: { params: TaskPath, headers: ConditionalHeaders, body: TaskMove },
  success: {
    message: 'Task moved successfully',
    data: Type.Ref('Task'),
    description: 'The task after the move.',
    headers: etagHeader,
  },
  errors: [404, 409, 412, 413, 415, 422],
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const { version, ...move } = body;
    const condition = { version, ifMatch: parseIfMatch(headers) };
    const task = takeResult(
      request,
      await service.moveTask(db, params.user_id, writeContextOf(request), params.task_id, move, condition),
    );
    reply.header('etag', etagOf(task));
    return { data: task };
  },
});
