import { errorCodes } from '../platform/errors.ts';
import { type Static, Type } from '../platform/schema.ts';
import { NewTask, TaskPatch } from './model.ts';
import { childrenOnCompletion, childrenOnDeletion } from './placement-model.ts';
import { occurrenceField } from './repeat-model.ts';

const tempId = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'A name of your own for the new task, which later operations of the request may use as `id`.',
});
const id = Type.String({
  minLength: 1,
  maxLength: 100,
  description: "A task's `id`, or the `temp_id` of an earlier `create` of the request.",
});
const parentId = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    minLength: 1,
    maxLength: 100,
    description: 'The task that it becomes a subtask of, by `id` or `temp_id`; null: none.',
  }),
);
const { version } = TaskPatch.properties;
const closed = { additionalProperties: false };

const Create = Type.Object(
  {
    op: Type.Enum(['create'], { type: 'string' }),
    temp_id: Type.Optional(tempId),
    ...NewTask.properties,
    parent_id: parentId,
  },
  { title: 'BulkCreate', ...closed },
);
const Update = Type.Object(
  { op: Type.Enum(['update'], { type: 'string' }), ...TaskPatch.properties, parent_id: parentId, id },
  { title: 'BulkUpdate', ...closed },
);
const Complete = Type.Object(
  {
    op: Type.Enum(['complete'], { type: 'string' }),
    id,
    completed: Type.Optional(Type.Boolean({ description: 'true when absent.' })),
    children: childrenOnCompletion,
    ...occurrenceField,
    version,
  },
  { title: 'BulkComplete', ...closed },
);
const Skip = Type.Object(
  { op: Type.Enum(['skip'], { type: 'string' }), id, ...occurrenceField, version },
  { title: 'BulkSkip', ...closed },
);
const Undo = Type.Object(
  { op: Type.Enum(['undo'], { type: 'string' }), id, ...occurrenceField, version },
  { title: 'BulkUndo', ...closed },
);
const Delete = Type.Object(
  { op: Type.Enum(['delete'], { type: 'string' }), id, children: childrenOnDeletion, version },
  { title: 'BulkDelete', ...closed },
);
const Restore = Type.Object(
  { op: Type.Enum(['restore'], { type: 'string' }), id, version },
  { title: 'BulkRestore', ...closed },
);

const operations = [Create, Update, Complete, Skip, Undo, Delete, Restore];
export type BulkOperation =
  | Static<typeof Create>
  | Static<typeof Update>
  | Static<typeof Complete>
  | Static<typeof Skip>
  | Static<typeof Undo>
  | Static<typeof Delete>
  | Static<typeof Restore>;

const BulkOperation = Type.Unsafe<BulkOperation>({
  title: 'BulkOperation',
  type: 'object',
  required: ['op'],
  discriminator: { propertyName: 'op' },
  oneOf: operations,
});

/** The body of a bulk request, which may have so many operations. */
export const bulkRequest = (maxOperations: number) =>
  Type.Object(
    {
      atomic: Type.Optional(
        Type.Boolean({ description: 'All operations or none; false when absent: each for itself.' }),
      ),
      operations: Type.Array(BulkOperation, { minItems: 1, maxItems: maxOperations }),
    },
    {
      $id: 'BulkRequest',
      additionalProperties: false,
      examples: [
        {
          operations: [
            { op: 'create', temp_id: 'milk', title: 'Buy milk', tags: ['shopping'] },
            { op: 'update', id: 'milk', priority: 'High' },
            { op: 'complete', id: 'milk' },
          ],
        },
      ],
    },
  );

/** What became of one operation. */
export const BulkResult = Type.Object(
  {
    op: Type.Enum(
      operations.map(({ properties }) => properties.op.enum[0]),
      { type: 'string' },
    ),
    status: Type.Integer({ description: '201, 200, 404, 409 or 422, as of a request of its own.' }),
    id: Type.String({ format: 'uuid' }),
    temp_id: Type.Optional(Type.String()),
    task: Type.Optional(Type.Ref('Task')),
    error: Type.Optional(
      Type.Object({
        error_code: Type.Enum(Object.keys(errorCodes), { type: 'string' }),
        detail: Type.String(),
        current: Type.Optional(Type.Ref('Task')),
      }),
    ),
  },
  { $id: 'BulkResult' },
);
