import { pageParameters } from '../db/page-schemas.ts';
import { itemPatchFields, neighbours } from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { newReminders } from '../reminders/model.ts';
import { tagName } from '../tags/model.ts';
import { userId } from '../writes/user-path.ts';
import { dateFields, ignoredDates, shownDates } from './date-model.ts';
import {
  type ChildrenOnCompletion,
  type ChildrenOnDeletion,
  childrenOnCompletion,
  childrenOnDeletion,
  ignoredOrder,
  placementFields,
  shownOrder,
  shownPlacement,
} from './placement-model.ts';
import { occurrenceField, occurrenceOfPatch, repeatFields, shownRepeat } from './repeat-model.ts';

/** Keywords that `http/contract/normalize-input.ts` acts on before validation. */
const trim = { 'x-trim': true };
export const ignoreCase = { 'x-ignore-case': true };

export const priorities = ['High', 'Medium', 'Low'] as const;
export type Priority = (typeof priorities)[number];
const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema });

const title = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Trimmed; 1–200 characters.',
  ...trim,
});
const description = nullable<string>({
  type: ['string', 'null'],
  maxLength: 1000,
  description: 'At most 1000 characters.',
});
const priority = Type.Enum([...priorities], {
  type: 'string',
  description: 'In any case; Medium when absent on creation.',
  ...ignoreCase,
});
const tags = Type.Array(tagName, { maxItems: 20, description: 'A set: duplicates fold, case counts.' });
const completed = Type.Boolean();
const version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'The version the change is based on; another one is answered with 409.',
});
const dateTime = Type.String({ format: 'date-time' });

/** Read-only fields, accepted from clients that send a whole task back. */
const { user_id: sameUser, created_at, updated_at } = itemPatchFields;
const stamps = {
  ...{ user_id: sameUser, created_at, updated_at },
  completed_at: Type.Optional(
    nullable<string>({ type: ['string', 'null'], format: 'date-time', description: 'Ignored.' }),
  ),
};

export const taskExample = {
  id: '6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11',
  user_id: 'user_123',
  title: 'Buy milk',
  description: null,
  completed: false,
  completed_at: null,
  priority: 'High',
  due_date: '2026-12-24',
  due_time: '18:30',
  time_zone: 'Europe/Berlin',
  due_at: '2026-12-24T17:30:00.000Z',
  start_date: '2026-12-20',
  recurrence: 'FREQ=WEEKLY',
  recurrence_from: 'due',
  excluded_dates: [],
  occurrence: '2026-12-24',
  tags: ['home', 'shopping'],
  project_id: '0b6a1f0e-5a6e-4c7d-9f0b-2d1c3e4f5a66',
  section_id: null,
  parent_id: null,
  position: 'g0Up8Y1aq',
  progress: { done: 1, total: 3 },
  reminder_count: 1,
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

export const Task = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    user_id: Type.String(),
    title: Type.String(),
    description: nullable<string>({ type: ['string', 'null'] }),
    completed,
    completed_at: nullable<string>({ type: ['string', 'null'], format: 'date-time' }),
    priority: Type.Enum([...priorities], { type: 'string' }),
    ...shownDates,
    ...shownRepeat,
    tags: Type.Array(Type.String()),
    ...shownPlacement,
    ...shownOrder,
    version: Type.Integer({ minimum: 1 }),
    created_at: dateTime,
    updated_at: dateTime,
  },
  {
    $id: 'Task',
    examples: [taskExample],
  },
);
export type Task = Static<typeof Task>;

export const TrashedTask = Type.Object(
  { ...Task.properties, deleted_at: dateTime },
  {
    $id: 'TrashedTask',
    examples: [{ ...taskExample, version: 2, deleted_at: '2026-11-22T08:00:00.000Z' }],
  },
);

/** A task as it is stored: one with `deleted_at` is in the trash. */
export interface StoredTask extends Task {
  /** The first date of the rule, which its intervals are counted from. */
  series_start: string | null;
  /** `due_time` and `time_zone` of the next occurrences. */
  series_time: string | null;
  series_zone: string | null;
  /** The ordinal of the current occurrence in its series: 1 is the first. */
  occurrence_number: number | null;
  deleted_at: string | null;
  /** The project or task that it was deleted with, and is restored with. */
  deleted_with: string | null;
  /** Where it was before the deletion of a project, section or parent moved it. */
  former_project_id: string | null;
  former_section_id: string | null;
  former_parent_id: string | null;
}

export const NewTask = Type.Object(
  {
    title,
    description: Type.Optional(description),
    completed: Type.Optional(completed),
    priority: Type.Optional(priority),
    ...dateFields,
    ...repeatFields,
    tags: Type.Optional(tags),
    ...placementFields,
    reminders: newReminders,
    user_id: sameUser,
  },
  {
    $id: 'NewTask',
    additionalProperties: false,
    examples: [{ title: 'Buy milk', priority: 'High', due_date: '2026-12-24', tags: ['shopping', 'home'] }],
  },
);
export type NewTask = Static<typeof NewTask>;

/**
 * RFC 7396: an absent field stays, null clears it, `tags` replaces the set. A whole task as it was read is a patch too:
 * its read-only fields are compared.
 */
export const TaskPatch = Type.Object(
  {
    title: Type.Optional(title),
    description: Type.Optional(description),
    completed: Type.Optional(completed),
    priority: Type.Optional(priority),
    ...dateFields,
    ...repeatFields,
    ...occurrenceOfPatch,
    tags: Type.Optional(tags),
    ...placementFields,
    ...ignoredOrder,
    ...ignoredDates,
    version: Type.Optional(version),
    id: Type.Optional(
      Type.String({ format: 'uuid', description: 'Read-only: the id of the path, if sent.' }),
    ),
    ...stamps,
  },
  { $id: 'TaskPatch', additionalProperties: false, examples: [{ title: 'Buy oat milk', version: 1 }] },
);
export type TaskPatch = Static<typeof TaskPatch>;

export const Completion = Type.Object(
  { completed, children: childrenOnCompletion, ...occurrenceField, version: Type.Optional(version) },
  { $id: 'Completion', additionalProperties: false, examples: [{ completed: true }] },
);

/** Where a task is moved to: next to a sibling, perhaps in another project or below another task. */
export const TaskMove = Type.Object(
  { ...neighbours, ...placementFields, version: Type.Optional(version) },
  {
    $id: 'TaskMove',
    additionalProperties: false,
    examples: [{ before: null }],
  },
);
export type TaskMove = Static<typeof TaskMove>;

/** On the bare surface no body, or one without `completed`, flips the state. */
export const OptionalCompletion = Type.Unsafe<{
  completed?: boolean;
  children?: ChildrenOnCompletion;
  occurrence?: string;
  version?: number;
} | null>({
  $id: 'OptionalCompletion',
  type: ['object', 'null'],
  properties: { completed, children: childrenOnCompletion, ...occurrenceField, version },
  additionalProperties: false,
  examples: [{ completed: true }],
});

/** The body of a deletion. */
export const Deletion = Type.Unsafe<{ children?: ChildrenOnDeletion; version?: number } | null>({
  $id: 'Deletion',
  type: ['object', 'null'],
  properties: { children: childrenOnDeletion, version },
  additionalProperties: false,
  examples: [{ children: 'delete', version: 1 }],
});

/** The body of writes that have no other: restore, purge. */
export const Precondition = Type.Unsafe<{ version?: number } | null>({
  $id: 'Precondition',
  type: ['object', 'null'],
  properties: { version },
  additionalProperties: false,
  examples: [{ version: 1 }],
});

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isTaskId = (text: string): boolean => canonicalUuid.test(text);

export const TaskPath = Type.Object({
  user_id: userId,
  task_id: Type.String({ format: 'uuid', description: "The task's `id`." }),
});

const paging = pageParameters('tasks');

export const TrashListQuery = Type.Object(paging, { additionalProperties: false });
export type TrashListQuery = Static<typeof TrashListQuery>;
