import { notFound } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { TagListQuery, TagPath, TagRename } from '../../tags/model.ts';
import * as queries from '../../tags/queries.ts';
import * as service from '../../tags/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { listHeaders, WriteHeaders } from '../contract/schemas.ts';
import { cacheableList } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Tags';
const changeErrors = [404, 409, 413, 415, 422];
const errorExamples = { 404: notFound('Tag') };

export const listTags = operation({
  id: 'listTags',
  summary: 'List tags with their usage counts',
  description: 'By name. Tags that no live task has are not listed.',
  group,
  input: { params: UserPath, querystring: TagListQuery },
  success: {
    message: 'Tags retrieved successfully',
    data: Type.Array(Type.Ref('Tag')),
    description: 'Tags on live tasks, by name.',
    headers: listHeaders,
  },
  errors: [422],
  caching: cacheableList,
  async handle({ db, request: { params, query } }) {
    const { tags, total, isUncacheable } = await queries.listTags(db, params.user_id, query);
    return { data: tags, headers: { 'x-total-count': String(total) }, isUncacheable };
  },
});

export const renameTag = operation({
  id: 'renameTag',
  summary: 'Rename a tag on all tasks',
  description: 'In the trash too. Onto the name of another tag it merges the two.',
  group,
  input: { params: TagPath, headers: WriteHeaders, body: TagRename },
  success: {
    message: 'Tag renamed successfully',
    data: Type.Ref('Tag'),
    description: 'The tag as it is called now.',
  },
  errors: changeErrors,
  errorExamples,
  async handle({ db, request }) {
    const { params, body } = request;
    const renamed = takeResult(
      request,
      await service.renameTag(db, params.user_id, writeContextOf(request), params.name, body.name),
    );
    return { data: renamed };
  },
});

export const deleteTag = operation({
  id: 'deleteTag',
  summary: 'Take a tag off all tasks',
  description: 'In the trash too. The tasks stay.',
  group,
  input: { params: TagPath, headers: WriteHeaders },
  success: { message: 'Tag deleted successfully', data: Type.Null(), description: 'No task has the tag.' },
  errors: changeErrors,
  errorExamples,
  async handle({ db, request }) {
    const { params } = request;
    takeResult(request, await service.deleteTag(db, params.user_id, writeContextOf(request), params.name));
    return { data: null };
  },
});
