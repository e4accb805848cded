import { type Static, Type } from '../platform/schema.ts';

const nullableUuid = (description?: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    format: 'uuid',
    ...(description === undefined ? {} : { description }),
  });

/** Where a task stands: shown as it is, and set by clients. */
export const shownPlacement = {
  project_id: nullableUuid('null: in the inbox.'),
  section_id: nullableUuid('A section of the project.'),
  parent_id: nullableUuid('The task that it is a subtask of; null: at the top level.'),
};

/** The placement in request bodies. */
export const placementFields = {
  project_id: Type.Optional(
    nullableUuid('A project; null: the inbox. A subtask is in the project of its parent.'),
  ),
  section_id: Type.Optional(nullableUuid('A section of the project.')),
  parent_id: Type.Optional(
    nullableUuid('The task that it becomes a subtask of; null: none. At most 5 levels, without circles.'),
  ),
};
const Placement = Type.Object(placementFields);
/** The fields of a placement that a client sent. */
export type PlacementFields = Static<typeof Placement>;

/** The live children of a task. */
const progressSchema = {
  type: ['object', 'null'],
  properties: { done: { type: 'integer', minimum: 0 }, total: { type: 'integer', minimum: 0 } },
  required: ['done', 'total'],
};
export type Progress = { done: number; total: number } | null;

/** Read-only fields of a task. */
export const shownOrder = {
  position: Type.String({
    description: 'Its place in the manual order: compared by code point, and by `id` if equal.',
  }),
  progress: Type.Unsafe<Progress>({
    ...progressSchema,
    description: 'How many of its subtasks are completed; null without subtasks.',
  }),
  reminder_count: Type.Integer({ minimum: 0, description: 'How many reminders it has.' }),
};

/** The same fields in request bodies, which ignore them: clients send whole tasks back. */
export const ignoredOrder = {
  position: Type.Optional(Type.String({ description: 'Ignored: a move sets it.' })),
  progress: Type.Optional(
    Type.Unsafe<Progress>({ ...progressSchema, additionalProperties: false, description: 'Ignored.' }),
  ),
  reminder_count: Type.Optional(Type.Integer({ minimum: 0, description: 'Ignored.' })),
};

/** What becomes of subtasks when their parent is completed or deleted. */
export type ChildrenOnCompletion = 'keep' | 'complete';
export type ChildrenOnDeletion = ChildrenOnCompletion | 'delete';

export const childrenOnCompletion = Type.Optional(
  Type.Enum(['keep', 'complete'], {
    type: 'string',
    description: '`complete` completes the subtasks on all levels too; `keep`, when absent, leaves them.',
  }),
);
export const childrenOnDeletion = Type.Optional(
  Type.Enum(['keep', 'complete', 'delete'], {
    type: 'string',
    description:
      '`keep`, when absent, moves the subtasks up to the parent; `complete` completes those on all levels too; `delete` deletes them.',
  }),
);
