import { Pagination } from '../../db/page-schemas.ts';
import { notFound, validationError } from '../../platform/errors.ts';
import { type Static, Type } from '../../platform/schema.ts';
import { readTaskPage } from '../../tasks/list.ts';
import { type ListParameters, TaskListQuery } from '../../tasks/list-model.ts';
import { Deletion, NewTask, OptionalCompletion, TaskPatch, TaskPath } from '../../tasks/model.ts';
import { findTask } from '../../tasks/queries.ts';
import * as service from '../../tasks/service.ts';
import { applyView } from '../../views/apply-view.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import {
  ConditionalHeaders,
  etagHeader,
  pageHeaders,
  validUntilHeader,
  WriteHeaders,
} from '../contract/schemas.ts';
import { cacheable, cacheableList } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Tasks';
const changeErrors = [404, 409, 412, 413, 415, 422];

const listOperation = (defaults: ListParameters) =>
  operation({
    id: 'listTasks',
    summary: 'List tasks',
    description: 'Filters combine. Pages by `cursor` stay stable while tasks are written; `offset` skips.',
    group,
    input: { params: UserPath, querystring: TaskListQuery },
    success: {
      message: 'Tasks retrieved successfully',
      data: Type.Array(Type.Ref('Task')),
      description: 'A page of tasks.',
      headers: { ...pageHeaders, ...validUntilHeader },
      more: { pagination: Pagination },
    },
    errors: [410, 422],
    caching: cacheableList,
    async handle({ ctx, db, request: { params, query, url } }) {
      const parameters = { ...defaults, ...(await applyView(db, params.user_id, query)) };
      const page = await readTaskPage(db, params.user_id, parameters, cursorKeysOf(ctx));
      const { items, pagination, isUncacheable, validUntilMs, orderGap } = page;
      ctx.orderIndexes.completeFrom(params.user_id, orderGap);
      const headers = pageHeadersOf(url, page);
      return { items, more: { pagination }, headers, isUncacheable, validUntilMs };
    },
  });

export const listTasks = listOperation({});

/** Shows every live task to a client that does not know of projects. */
export const listTasksOfAllProjects = listOperation({ archived: 'show' });

export const getTask = operation({
  id: 'getTask',
  summary: 'Get a task',
  description: 'Its `ETag` is its version, and the numbers of its subtasks if it has some.',
  group,
  input: { params: TaskPath },
  success: {
    message: 'Task retrieved successfully',
    data: Type.Ref('Task'),
    description: 'The task.',
    headers: etagHeader,
  },
  errors: [404, 422],
  caching: cacheable,
  async handle({ db, request: { params } }) {
    const task = await findTask(db, params.user_id, params.task_id);
    if (task === null) throw notFound('Task');
    return { json: task.json, headers: { etag: etagOf(task) } };
  },
});

export const createTask = operation({
  id: 'createTask',
  summary: 'Create a task',
  description: 'Fields that are absent get their defaults.',
  group,
  input: { params: UserPath, headers: WriteHeaders, body: NewTask },
  success: {
    status: 201,
    message: 'Task created successfully',
    data: Type.Ref('Task'),
    description: 'The new task.',
    headers: etagHeader,
  },
  errors: [409, 413, 415, 422],
  async handle({ ctx, db, request, reply }) {
    const { params, body, routeOptions } = request;
    const task = takeResult(
      request,
      await service.createTask(db, params.user_id, writeContextOf(request), body),
    );
    ctx.statistics.noteCreated(1);
    const userId = encodeURIComponent(params.user_id);
    const collection = routeOptions.url?.replace(':user_id', () => userId);
    reply.header('etag', etagOf(task)).header('location', `${collection}/${task.id}`);
    return { data: task };
  },
});

export const updateTask = operation({
  id: 'updateTask',
  summary: 'Update a task',
  description:
    'JSON Merge Patch (RFC 7396) for PUT and PATCH alike: absent keeps, null clears, `tags` replaces the set.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: TaskPatch },
  success: {
    message: 'Task updated successfully',
    data: Type.Ref('Task'),
    description: 'The task after the change.',
    headers: etagHeader,
  },
  errors: changeErrors,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const task = takeResult(
      request,
      await service.patchTask(
        db,
        params.user_id,
        writeContextOf(request),
        params.task_id,
        body,
        parseIfMatch(headers),
      ),
    );
    reply.header('etag', etagOf(task));
    return { data: task };
  },
});

export const putTask = operation({ ...updateTask, id: 'putTask' });

/** @throws AppError VALIDATION_ERROR */
function completionOf(body: Static<typeof OptionalCompletion>) {
  const { completed, children, occurrence } = body ?? {};
  if (children === 'complete' && completed !== true)
    throw validationError([{ loc: ['body', 'children'], msg: 'needs completed: true', type: 'children' }]);
  return { completed, children, occurrence };
}

/** The body is optional on the bare surface; v1 requires `completed` (`v1/render.ts`). */
export const completeTask = operation({
  id: 'completeTask',
  summary: 'Flip or set whether a task is completed',
  description:
    'Without a body the state flips, atomically; with `completed` it is set. A repeating task moves on to its next occurrence instead, and its last one completes it.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: OptionalCompletion },
  success: {
    message: 'Task completion updated successfully',
    data: Type.Ref('Task'),
    description: 'The task after the change.',
    headers: etagHeader,
  },
  errors: changeErrors,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const task = takeResult(
      request,
      await service.completeTask(
        db,
        params.user_id,
        writeContextOf(request),
        params.task_id,
        completionOf(body),
        { version: body?.version, ifMatch: parseIfMatch(headers) },
      ),
    );
    reply.header('etag', etagOf(task));
    return { data: task };
  },
});

export const deleteTask = operation({
  id: 'deleteTask',
  summary: 'Delete a task',
  description:
    'The task is gone from every read at once. Its subtasks move up, unless `children` says otherwise.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: Deletion },
  success: {
    message: 'Task deleted successfully',
    data: Type.Null(),
    description: 'The task is deleted.',
  },
  errors: changeErrors,
  async handle({ db, request }) {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    takeResult(
      request,
      await service.deleteTask(
        db,
        params.user_id,
        writeContextOf(request),
        params.task_id,
        condition,
        body?.children,
      ),
    );
    return { data: null };
  },
});
