import { Pagination } from '../../db/page-schemas.ts';
import { OccurrenceListQuery } from '../../occurrences/model.ts';
import { Type } from '../../platform/schema.ts';
import { TaskPath } from '../../tasks/model.ts';
import { readOccurrences } from '../../tasks/occurrence-list.ts';
import { Following, OccurrenceChoice } from '../../tasks/repeat-model.ts';
import * as service from '../../tasks/repeat-service.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import { ConditionalHeaders, etagHeader, pageHeaders } from '../contract/schemas.ts';
import { cacheableList } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Repeats';
const changeErrors = [404, 409, 412, 413, 415, 422];

const taskAfter = (message: string, description: string) => ({
  message,
  data: Type.Ref('Task'),
  description,
  headers: etagHeader,
});

export const listOccurrences = operation({
  id: 'listOccurrences',
  summary: 'List the occurrences of a repeating task',
  description:
    'Those that are done or skipped, the newest first. `coming` has the current one and those after it; of a task that repeats from its completion, the current one only.',
  group,
  input: { params: TaskPath, querystring: OccurrenceListQuery },
  success: {
    message: 'Occurrences retrieved successfully',
    data: Type.Array(Type.Ref('Occurrence')),
    description: 'A page of occurrences.',
    headers: pageHeaders,
    more: { pagination: Pagination, coming: Type.Array(Type.Ref('ComingOccurrence')) },
  },
  errors: [404, 410, 422],
  caching: cacheableList,
  async handle({ ctx, db, request: { params, query, url } }) {
    const keys = cursorKeysOf(ctx);
    const { page, coming } = await readOccurrences(db, params.user_id, params.task_id, query, keys);
    const { items, pagination } = page;
    return { items, more: { pagination, coming }, headers: pageHeadersOf(url, page) };
  },
});

export const updateFollowing = operation({
  id: 'updateFollowing',
  summary: 'Change the current occurrence of a task and all after it',
  description:
    'The rule moves along with `due_date`, unless `recurrence` has a new one. A PATCH of the task changes the current occurrence only.',
  group,
  input: { params: TaskPath, headers: ConditionalHeaders, body: Following },
  success: taskAfter('Task updated successfully', 'The task after the change.'),
  errors: changeErrors,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const task = takeResult(
      request,
      await service.patchFollowing(
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

type Write = typeof service.skip;

const writeOperation = (texts: Record<'id' | 'summary' | 'description' | 'message', string>, write: Write) =>
  operation({
    id: texts.id,
    summary: texts.summary,
    description: texts.description,
    group,
    input: { params: TaskPath, headers: ConditionalHeaders, body: OccurrenceChoice },
    success: taskAfter(texts.message, 'The task after the change.'),
    errors: changeErrors,
    async handle({ db, request, reply }) {
      const { params, body, headers } = request;
      const task = takeResult(
        request,
        await write(db, params.user_id, writeContextOf(request), {
          taskId: params.task_id,
          occurrence: body?.occurrence,
          condition: { version: body?.version, ifMatch: parseIfMatch(headers) },
        }),
      );
      reply.header('etag', etagOf(task));
      return { data: task };
    },
  });

export const skipOccurrence = writeOperation(
  {
    id: 'skipOccurrence',
    summary: 'Skip an occurrence',
    description: 'The task moves on without a completion. Skipping the last occurrence completes it.',
    message: 'Occurrence skipped successfully',
  },
  service.skip,
);

export const undoOccurrence = writeOperation(
  {
    id: 'undoOccurrence',
    summary: 'Undo the newest occurrence that is done or skipped',
    description: 'The task is at that occurrence again, as it was.',
    message: 'Occurrence undone successfully',
  },
  service.undo,
);
