import { pageParameters } from '../db/page-schemas.ts';
import { type Static, Type } from '../platform/schema.ts';
import { tagName } from '../tags/model.ts';
import { ignoreCase, priorities } from './model.ts';

const sortKeys = ['created_at', 'updated_at', 'title', 'due_date', 'priority', 'position'] as const;
export type SortKey = (typeof sortKeys)[number];

/**
 * What a list is when neither the request nor its view says it. Schemas only document these (`x-default`): validation
 * fills in nothing, so that a parameter that is there was sent.
 */
export const listDefaults = {
  status: 'all',
  priority: 'all',
  tags_match: 'any',
  sort_by: 'created_at',
  sort_direction: 'desc',
} as const;
type DefaultName = keyof typeof listDefaults;

/** An optional choice, with the default that the list takes. */
const choice = <Values extends string[]>(
  name: DefaultName,
  values: readonly [...Values],
  more: { description?: string; 'x-ignore-case'?: boolean } = {},
) => Type.Optional(Type.Enum(values, { type: 'string', 'x-default': listDefaults[name], ...more }));

const uuid = '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}';

/** The id of one of the user's things, or a word. By a pattern: serializers warn of formats that they do not have. */
const idOr = (words: string | readonly string[], description: string) =>
  Type.Optional(
    Type.String({
      pattern: `^(?:${[words, uuid].flat().join('|')})$`,
      'x-pattern-message': `must be a UUID with hyphens, or ${[words].flat().join(', ')}`,
      'x-lower-case': true,
      description,
    }),
  );

/** Filters and order: what a saved view keeps. */
export const listParameters = {
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Literal part of title or description; case and accents do not count.',
    }),
  ),
  status: choice('status', ['all', 'pending', 'completed'], { description: 'In any case.', ...ignoreCase }),
  completed: Type.Optional(Type.Boolean({ description: 'The same filter as `status`, as a boolean.' })),
  priority: choice('priority', ['all', ...priorities], { description: 'In any case.', ...ignoreCase }),
  tags: Type.Optional(
    Type.Array(tagName, {
      maxItems: 20,
      description: 'Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`.',
    }),
  ),
  tags_match: choice('tags_match', ['any', 'all'], {
    description: 'Whether a task must have one of the `tags` or all of them.',
  }),
  due_after: Type.Optional(Type.String({ format: 'date', description: 'Due on this day or later.' })),
  due_before: Type.Optional(Type.String({ format: 'date', description: 'Due on this day or earlier.' })),
  due: Type.Optional(
    Type.Enum(['overdue', 'today', 'tomorrow', 'week', 'none', 'any'], {
      type: 'string',
      description:
        'By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.',
    }),
  ),
  deferred: Type.Optional(
    Type.Enum(['all', 'hide', 'only'], {
      type: 'string',
      'x-default': 'all',
      description: 'Tasks whose `start_date` is after today in the zone of the profile.',
    }),
  ),
  project_id: idOr('none', 'Tasks of this project; `none`: those without a project, the inbox.'),
  section_id: idOr('none', 'Tasks of this section; `none`: those without a section.'),
  parent_id: idOr('none', 'Subtasks of this task; `none`: tasks that are no subtasks.'),
  archived: Type.Optional(
    Type.Enum(['hide', 'show', 'only'], {
      type: 'string',
      description:
        'Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.',
    }),
  ),
  has_reminder: Type.Optional(Type.Boolean({ description: 'Whether tasks have reminders, sent or not.' })),
  sort_by: choice('sort_by', sortKeys, {
    description:
      'Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.',
  }),
  sort_direction: choice('sort_direction', ['asc', 'desc']),
};

export const ListParameters = Type.Object(listParameters, { additionalProperties: false });
export type ListParameters = Static<typeof ListParameters>;

/** The views that every user has. */
const builtInViews = ['inbox', 'today', 'tomorrow', 'overdue', 'upcoming'] as const;
export type BuiltInView = (typeof builtInViews)[number];
export const isBuiltInView = (view: string): view is BuiltInView =>
  builtInViews.some((name) => name === view);

export const TaskListQuery = Type.Object(
  {
    ...listParameters,
    view: idOr(
      builtInViews,
      'A saved view, or a built-in one: its filters and order hold where the request does not have the parameter.',
    ),
    ...pageParameters('tasks'),
  },
  { additionalProperties: false },
);
export type TaskListQuery = Static<typeof TaskListQuery>;
