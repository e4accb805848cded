import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { notFound } from '../../platform/errors.ts';
import { TagListQuery } from '../../tags/model.ts';
import { listTags } from '../../tags/queries.ts';
import {
  NewTask,
  OptionalCompletion,
  Precondition,
  TaskListQuery,
  TaskPatch,
  TaskPath,
} from '../../tasks/model.ts';
import { findTask } from '../../tasks/queries.ts';
import { completeTask, createTask, deleteTask, patchTask } from '../../tasks/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { errorHandler } from '../contract/errors.ts';
import {
  ConditionalHeaders,
  errorResponses,
  etagHeader,
  listHeaders,
  notModified,
  pageHeaders,
  ReadHeaders,
  WriteHeaders,
} from '../contract/schemas.ts';
import { readTaskPage } from '../contract/task-page.ts';
import { requireToken } from '../hooks/authentication.ts';
import { cacheable, cacheableList, sendCached, uncacheableIf } from '../hooks/cached-responses.ts';
import { writeContextOf } from '../hooks/idempotency.ts';
import { renderError } from './render.ts';

const tags = ['Bare surface'];
const task = (description: string) => ({ description, headers: etagHeader, ...Type.Ref('Task') });
const errors = (...statuses: number[]) => errorResponses('BareProblem', [400, 401, 403, 414, ...statuses]);

const listSchema = {
  operationId: 'bareListTasks',
  summary: 'List tasks',
  description: 'The answer is the list; totals and links are in headers.',
  tags,
  params: UserPath,
  querystring: TaskListQuery,
  headers: ReadHeaders,
  response: {
    200: { description: 'A page of tasks.', headers: pageHeaders, ...Type.Array(Type.Ref('Task')) },
    ...notModified(pageHeaders),
    ...errors(410),
  },
};

const createSchema = {
  operationId: 'bareCreateTask',
  summary: 'Create a task',
  description: 'Fields that are absent get their defaults.',
  tags,
  params: UserPath,
  headers: WriteHeaders,
  body: NewTask,
  response: { 201: task('The new task.'), ...errors(409, 413, 415, 422) },
};

const getSchema = {
  operationId: 'bareGetTask',
  summary: 'Get a task',
  description: 'Its `ETag` is its version.',
  tags,
  params: TaskPath,
  headers: ReadHeaders,
  response: { 200: task('The task.'), ...notModified(etagHeader), ...errors(404) },
};

const updateSchema = (operationId: string) => ({
  operationId,
  summary: 'Update a task',
  description:
    'JSON Merge Patch (RFC 7396) for PUT and PATCH alike: absent keeps, null clears, `tags` replaces the set.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: TaskPatch,
  response: { 200: task('The task after the change.'), ...errors(404, 409, 412, 413, 415, 422) },
});

const completeSchema = {
  operationId: 'bareCompleteTask',
  summary: 'Flip or set whether a task is completed',
  description: 'Without a body the state flips, atomically; with `completed` it is set.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: OptionalCompletion,
  response: { 200: task('The task after the change.'), ...errors(404, 409, 412, 413, 415, 422) },
};

const deleteSchema = {
  operationId: 'bareDeleteTask',
  summary: 'Delete a task',
  description: 'The task is gone from every read at once, and in the trash.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: Precondition,
  response: {
    204: { description: 'The task is deleted.', type: 'null' },
    ...errors(404, 409, 412, 413, 415, 422),
  },
};

const tagsSchema = {
  operationId: 'bareListTags',
  summary: 'List tags with their usage counts',
  description: 'By name. Tags that no live task has are not listed.',
  tags,
  params: UserPath,
  querystring: TagListQuery,
  headers: ReadHeaders,
  response: {
    200: {
      description: 'Tags on live tasks, by name.',
      headers: listHeaders,
      ...Type.Array(Type.Ref('Tag')),
    },
    ...notModified(listHeaders),
    ...errors(),
  },
};

/** The surface of a front end that signs in with Better Auth (P2), below `/api/{user_id}`. */
export async function bareRoutes(app: App, ctx: Context): Promise<void> {
  app.setErrorHandler(errorHandler(renderError));
  requireToken(app, ctx);
  readRoutes(app, ctx);
  writeRoutes(app, ctx);
}

const tasksPath = '/:user_id/tasks';
const taskPath = '/:user_id/tasks/:task_id';

function readRoutes(app: App, ctx: Context): void {
  app.get(tasksPath, { schema: listSchema, config: cacheableList }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params, query } = request;
      const { tasks, isUncacheable: isPassing } = await readTaskPage(
        db,
        ctx,
        request,
        reply,
        params.user_id,
        query,
      );
      return uncacheableIf(isPassing, tasks);
    }),
  );

  app.get(taskPath, { schema: getSchema, config: cacheable }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params } = request;
      const found = await findTask(db, params.user_id, params.task_id);
      if (found === null) throw notFound('Task');
      reply.header('etag', etagOf(found));
      return found;
    }),
  );

  app.get('/:user_id/tags', { schema: tagsSchema, config: cacheableList }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params, query } = request;
      const found = await listTags(db, params.user_id, query);
      reply.header('x-total-count', found.total);
      return uncacheableIf(found.isUncacheable, found.tags);
    }),
  );
}

function writeRoutes(app: App, { db }: Context): void {
  app.post(tasksPath, { schema: createSchema }, async (request, reply) => {
    const { params, body } = request;
    const created = await createTask(db, params.user_id, writeContextOf(request), body);
    const location = `/api/${encodeURIComponent(params.user_id)}/tasks/${created.id}`;
    reply.status(201).header('etag', etagOf(created)).header('location', location);
    return created;
  });

  for (const [method, id] of [
    ['PUT', 'barePutTask'],
    ['PATCH', 'bareUpdateTask'],
  ] as const) {
    const schema = updateSchema(id);
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
        return changed;
      },
    });
  }

  app.patch(`${taskPath}/complete`, { schema: completeSchema }, async (request, reply) => {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    const changed = await completeTask(
      db,
      params.user_id,
      writeContextOf(request),
      params.task_id,
      body?.completed,
      condition,
    );
    reply.header('etag', etagOf(changed));
    return changed;
  });

  app.delete(taskPath, { schema: deleteSchema }, async (request, reply) => {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    await deleteTask(db, params.user_id, writeContextOf(request), params.task_id, condition);
    return reply.status(204).send();
  });
}
