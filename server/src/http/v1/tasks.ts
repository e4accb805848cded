import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { notFound } from '../../platform/errors.ts';
import { Completion, NewTask, Precondition, TaskListQuery, TaskPatch, TaskPath } from '../../tasks/model.ts';
import { findTask } from '../../tasks/queries.ts';
import { completeTask, createTask, deleteTask, patchTask } from '../../tasks/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import {
  ConditionalHeaders,
  errorResponses,
  etagHeader,
  notModified,
  pageHeaders,
  ReadHeaders,
  WriteHeaders,
} from '../contract/schemas.ts';
import { readTaskPage } from '../contract/task-page.ts';
import { cacheable, cacheableList, sendCached, uncacheableIf } from '../hooks/cached-responses.ts';
import { writeContextOf } from '../hooks/idempotency.ts';
import { envelope, envelopeJson, envelopeSchema } from './render.ts';

const tags = ['Tasks'];
const task = (description: string) => envelopeSchema(Type.Ref('Task'), description, etagHeader);
const errors = (...statuses: number[]) => errorResponses('Problem', [400, 401, 403, 414, ...statuses]);

export const Pagination = Type.Object({
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'null when paging by cursor',
  }),
  next_cursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
});

const listSchema = {
  operationId: 'listTasks',
  summary: 'List tasks',
  description: 'Filters combine. Pages by `cursor` stay stable while tasks are written; `offset` skips.',
  tags,
  params: UserPath,
  querystring: TaskListQuery,
  headers: ReadHeaders,
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('Task')), 'A page of tasks.', pageHeaders, {
      pagination: Pagination,
    }),
    ...notModified(pageHeaders),
    ...errors(410, 422),
  },
};

const createSchema = {
  operationId: 'createTask',
  summary: 'Create a task',
  description: 'Fields that are absent get their defaults.',
  tags,
  params: UserPath,
  headers: WriteHeaders,
  body: NewTask,
  response: { 201: task('The new task.'), ...errors(409, 413, 415, 422) },
};

const getSchema = {
  operationId: 'getTask',
  summary: 'Get a task',
  description: 'Its `ETag` is its version.',
  tags,
  params: TaskPath,
  headers: ReadHeaders,
  response: { 200: task('The task.'), ...notModified(etagHeader), ...errors(404, 422) },
};

const updateSchema = (operationId: string, summary: string) => ({
  operationId,
  summary,
  description:
    'JSON Merge Patch (RFC 7396) for PUT and PATCH alike: absent keeps, null clears, `tags` replaces the set.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: TaskPatch,
  response: { 200: task('The task after the change.'), ...errors(404, 409, 412, 413, 415, 422) },
});

const completeSchema = {
  operationId: 'completeTask',
  summary: 'Set whether a task is completed',
  description: 'Sets the state, whatever it was.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: Completion,
  response: { 200: task('The task after the change.'), ...errors(404, 409, 412, 413, 415, 422) },
};

const deleteSchema = {
  operationId: 'deleteTask',
  summary: 'Delete a task',
  description: 'The task is gone from every read at once.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: Precondition,
  response: {
    200: envelopeSchema(Type.Null(), 'The task is deleted.'),
    ...errors(404, 409, 412, 413, 415, 422),
  },
};

const tasksPath = '/users/:user_id/tasks';
const taskPath = '/users/:user_id/tasks/:task_id';

export function taskRoutes(app: App, ctx: Context): void {
  readRoutes(app, ctx);
  writeRoutes(app, ctx);
}

function readRoutes(app: App, ctx: Context): void {
  app.get(tasksPath, { schema: listSchema, config: cacheableList }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params, query } = request;
      const page = await readTaskPage(db, ctx, request, reply, params.user_id, query);
      const { tasks, pagination, isUncacheable: isPassing } = page;
      return uncacheableIf(isPassing, envelopeJson(tasks, 'Tasks retrieved successfully', { pagination }));
    }),
  );

  app.get(taskPath, { schema: getSchema, config: cacheable }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params } = request;
      const found = await findTask(db, params.user_id, params.task_id);
      if (found === null) throw notFound('Task');
      reply.header('etag', etagOf(found));
      return envelope(found, 'Task retrieved successfully');
    }),
  );
}

function writeRoutes(app: App, { db }: Context): void {
  app.post(tasksPath, { schema: createSchema }, async (request, reply) => {
    const { params, body } = request;
    const created = await createTask(db, params.user_id, writeContextOf(request), body);
    reply
      .status(201)
      .header('etag', etagOf(created))
      .header('location', locationOf(params.user_id, created.id));
    return envelope(created, 'Task created successfully', 201);
  });

  for (const [method, id] of [
    ['PUT', 'putTask'],
    ['PATCH', 'updateTask'],
  ] as const) {
    const schema = updateSchema(id, 'Update a task');
    app.route({
      method,
      url: taskPath,
      schema,
      handler: async (request, reply) => {
        const { params, body, headers } = request;
        const changed = await patchTask(
          db,
          params.user_id,
          writeContextOf(request),
          params.task_id,
          body,
          parseIfMatch(headers),
        );
        reply.header('etag', etagOf(changed));
        return envelope(changed, 'Task updated successfully');
      },
    });
  }

  app.patch(`${taskPath}/complete`, { schema: completeSchema }, async (request, reply) => {
    const { params, body, headers } = request;
    const { completed, version } = body;
    const condition = { version, ifMatch: parseIfMatch(headers) };
    const changed = await completeTask(
      db,
      params.user_id,
      writeContextOf(request),
      params.task_id,
      completed,
      condition,
    );
    reply.header('etag', etagOf(changed));
    return envelope(changed, 'Task completion updated successfully');
  });

  app.delete(taskPath, { schema: deleteSchema }, async (request) => {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    await deleteTask(db, params.user_id, writeContextOf(request), params.task_id, condition);
    return envelope(null, 'Task deleted successfully');
  });
}

const locationOf = (userId: string, taskId: string) =>
  `/api/v1/users/${encodeURIComponent(userId)}/tasks/${taskId}`;
