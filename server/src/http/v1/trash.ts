import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { Precondition, TaskPath, TrashListQuery } from '../../tasks/model.ts';
import { emptyTrash, purgeTask, restoreTask } from '../../tasks/trash.ts';
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
import { readTrashPage } from '../contract/task-page.ts';
import { cacheableList, sendCached } from '../hooks/cached-responses.ts';
import { writeContextOf } from '../hooks/idempotency.ts';
import { envelope, envelopeJson, envelopeSchema } from './render.ts';
import { Pagination } from './tasks.ts';

const tags = ['Trash'];
const errors = (...statuses: number[]) => errorResponses('Problem', [400, 401, 403, 414, ...statuses]);

const listSchema = {
  operationId: 'listTrash',
  summary: 'List deleted tasks',
  description: 'The newest deletion first. Tasks stay in the trash for `TRASH_RETENTION_DAYS`.',
  tags,
  params: UserPath,
  querystring: TrashListQuery,
  headers: ReadHeaders,
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('TrashedTask')), 'A page of the trash.', pageHeaders, {
      pagination: Pagination,
    }),
    ...notModified(pageHeaders),
    ...errors(410, 422),
  },
};

const restoreSchema = {
  operationId: 'restoreTask',
  summary: 'Restore a deleted task',
  description: 'It comes back as it was, tags included.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: Precondition,
  response: {
    200: envelopeSchema(Type.Ref('Task'), 'The task, live again.', etagHeader),
    ...errors(404, 409, 412, 413, 415, 422),
  },
};

const purgeSchema = {
  operationId: 'purgeTask',
  summary: 'Delete a task from the trash for good',
  description: 'Cannot be undone.',
  tags,
  params: TaskPath,
  headers: ConditionalHeaders,
  body: Precondition,
  response: {
    200: envelopeSchema(Type.Null(), 'The task is gone.'),
    ...errors(404, 409, 412, 413, 415, 422),
  },
};

const emptySchema = {
  operationId: 'emptyTrash',
  summary: 'Delete every task in the trash for good',
  description: 'Cannot be undone.',
  tags,
  params: UserPath,
  headers: WriteHeaders,
  response: {
    200: envelopeSchema(
      Type.Object({ purged: Type.Integer({ minimum: 0 }) }),
      'The trash is empty; `purged` tasks are gone.',
    ),
    ...errors(409, 413, 415, 422),
  },
};

const trashPath = '/users/:user_id/trash';
const trashedTaskPath = '/users/:user_id/trash/:task_id';

export function trashRoutes(app: App, ctx: Context): void {
  app.get(trashPath, { schema: listSchema, config: cacheableList }, (request, reply) =>
    sendCached(ctx, request, reply, async (db) => {
      const { params, query } = request;
      const { tasks, pagination } = await readTrashPage(db, ctx, request, reply, params.user_id, query);
      return envelopeJson(tasks, 'Trash retrieved successfully', { pagination });
    }),
  );

  writeRoutes(app, ctx);
}

function writeRoutes(app: App, { db }: Context): void {
  app.post(`${trashedTaskPath}/restore`, { schema: restoreSchema }, async (request, reply) => {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    const restored = await restoreTask(
      db,
      params.user_id,
      writeContextOf(request),
      params.task_id,
      condition,
    );
    reply.header('etag', etagOf(restored));
    return envelope(restored, 'Task restored successfully');
  });

  app.delete(trashedTaskPath, { schema: purgeSchema }, async (request) => {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    await purgeTask(db, params.user_id, writeContextOf(request), params.task_id, condition);
    return envelope(null, 'Task purged successfully');
  });

  app.delete(trashPath, { schema: emptySchema }, async (request) => {
    const purged = await emptyTrash(db, request.params.user_id, writeContextOf(request));
    return envelope({ purged }, 'Trash emptied successfully');
  });
}
