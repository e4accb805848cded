import { Pagination } from '../../db/page-schemas.ts';
import { itemKinds } from '../../item-kinds.ts';
import { trashedItemsOf } from '../../items/trash.ts';
import { Type } from '../../platform/schema.ts';
import { Precondition, TaskPath, TrashListQuery } from '../../tasks/model.ts';
import * as trash from '../../tasks/trash.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import { ConditionalHeaders, etagHeader, pageHeaders, WriteHeaders } from '../contract/schemas.ts';
import { cacheableList } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Trash';
const trashedItems = trashedItemsOf(itemKinds);
const changeErrors = [404, 409, 412, 413, 415, 422];

export const listTrash = operation({
  id: 'listTrash',
  summary: 'List deleted tasks',
  description: 'The newest deletion first. Tasks stay in the trash for `TRASH_RETENTION_DAYS`.',
  group,
  input: { params: UserPath, querystring: TrashListQuery },
  success: {
    message: 'Trash retrieved successfully',
    data: Type.Array(Type.Ref('TrashedTask')),
    description: 'A page of the trash.',
    headers: pageHeaders,
    more: { pagination: Pagination },
  },
  errors: [410, 422],
  caching: cacheableList,
  async handle({ ctx, db, request: { params, query, url } }) {
    const page = await trash.readTrashPage(db, params.user_id, query, cursorKeysOf(ctx));
    const { items, pagination } = page;
    return { items, more: { pagination }, headers: pageHeadersOf(url, page) };
  },
});

export const restoreTask = operation({
  id: 'restoreTask',
  summary: 'Restore a deleted task',
  description: 'It comes back as it was, tags included.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: Precondition },
  success: {
    message: 'Task restored successfully',
    data: Type.Ref('Task'),
    description: 'The task, live again.',
    headers: etagHeader,
  },
  errors: changeErrors,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    const task = takeResult(
      request,
      await trash.restoreTask(db, params.user_id, writeContextOf(request), params.task_id, condition),
    );
    reply.header('etag', etagOf(task));
    return { data: task };
  },
});

export const purgeTask = operation({
  id: 'purgeTask',
  summary: 'Delete a task from the trash for good',
  description: 'Cannot be undone.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: Precondition },
  success: { message: 'Task purged successfully', data: Type.Null(), description: 'The task is gone.' },
  errors: changeErrors,
  async handle({ db, request }) {
    const { params, body, headers } = request;
    const condition = { version: body?.version, ifMatch: parseIfMatch(headers) };
    takeResult(
      request,
      await trash.purgeTask(db, params.user_id, writeContextOf(request), params.task_id, condition),
    );
    return { data: null };
  },
});

export const emptyTrash = operation({
  id: 'emptyTrash',
  summary: 'Delete everything in the trash for good',
  description: 'Tasks, projects, sections and saved views. Cannot be undone.',
  group,
  input: { params: UserPath, headers: WriteHeaders },
  success: {
    message: 'Trash emptied successfully',
    data: Type.Object({ purged: Type.Integer({ minimum: 0 }) }),
    description: 'The trash is empty; `purged` tasks are gone.',
  },
  errors: [409, 413, 415, 422],
  async handle({ db, request }) {
    const purged = takeResult(
      request,
      await trash.emptyTrash(db, request.params.user_id, writeContextOf(request), trashedItems),
    );
    return { data: { purged } };
  },
});
