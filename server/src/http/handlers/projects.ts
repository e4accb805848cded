import { Type } from '../../platform/schema.ts';
import { projectKind } from '../../projects/kind.ts';
import {
  ProjectListQuery as ListQuery,
  NewProject,
  type Project,
  ProjectDeletionQuery,
  type ProjectListQuery,
  ProjectPatch,
  projectExample,
} from '../../projects/model.ts';
import * as service from '../../projects/service.ts';
import { Precondition } from '../../tasks/model.ts';
import { operation } from '../contract/operation.ts';
import { ConditionalHeaders } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';
import { changeErrors, itemErrorExamples, itemPath, targetOf, userIdOf } from './item-definition.ts';
import { itemOperations } from './item-operations.ts';

const operations = itemOperations<Project>({
  kind: projectKind,
  one: 'Project',
  many: 'Projects',
  group: 'Projects',
  example: projectExample,
  schemas: { listed: 'ListedProject', single: 'Project', trashed: 'TrashedProject' },
  newItem: NewProject,
  patch: ProjectPatch,
  listQuery: ListQuery,
  filterOf: (query) => service.archivedFilter((query as ProjectListQuery).archived),
  more: {
    schemas: {
      inbox: Type.Object(
        { open_tasks: Type.Integer({ minimum: 0 }) },
        { description: 'The open tasks of no project.' },
      ),
    },
    read: async (db, userId) => ({ inbox: { open_tasks: await service.countInbox(db, userId) } }),
  },
  texts: {
    restore:
      'It comes back as it was, with its sections, and with the tasks that were deleted with it, or moved to the inbox and not moved since.',
  },
});

export const {
  list: listProjects,
  get: getProject,
  create: createProject,
  update: updateProject,
  move: moveProject,
  listTrash: listTrashedProjects,
  restore: restoreProject,
  purge: purgeProject,
} = operations;

export const deleteProject = operation({
  id: 'deleteProject',
  summary: 'Delete a project',
  description: 'It goes to the trash with its sections; `tasks` says what becomes of its tasks.',
  group: 'Projects',
  input: {
    params: itemPath('project'),
    querystring: ProjectDeletionQuery,
    headers: ConditionalHeaders,
    body: Precondition,
  },
  success: {
    message: 'Project deleted successfully',
    data: Type.Null(),
    description: 'The project is in the trash.',
  },
  errors: changeErrors,
  errorExamples: itemErrorExamples(projectKind, projectExample),
  async handle({ db, request }) {
    const { params, query } = request;
    const target = targetOf(projectKind, request);
    const context = writeContextOf(request);
    takeResult(request, await service.deleteProject(db, userIdOf(params), context, target, query.tasks));
    return { data: null };
  },
});
