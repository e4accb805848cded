import { pageParameters } from '../db/page-schemas.ts';
import {
  ignored,
  itemIds,
  itemName,
  itemPatchFields,
  itemStamps,
  newItemFields,
  trashed,
} from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { listParameters } from '../tasks/list-model.ts';

const { project_id: _, ...defaultParameters } = listParameters;

/** Filters and order that a client starts a project's list with. */
const ViewDefaults = Type.Object(defaultParameters);
export type ViewDefaults = Static<typeof ViewDefaults>;

const shownDefaults = Type.Unsafe<ViewDefaults | null>({
  ...ViewDefaults,
  type: ['object', 'null'],
  description:
    'What a client starts the list of its tasks with: filters and order. The server does not apply them.',
});
const viewDefaults = Type.Unsafe<ViewDefaults | null>({ ...shownDefaults, additionalProperties: false });
const color = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  pattern: '^#[0-9A-Fa-f]{6}$',
  'x-pattern-message': 'must be a color such as #3366cc, or null',
  description: 'As `#3366cc`; stored in lower case.',
});
const archived = Type.Boolean({ description: 'Tasks of an archived project are in no list but its own.' });
const nullableTime = { type: ['string', 'null'], format: 'date-time' };

export const projectExample = {
  id: '3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7',
  user_id: 'user_123',
  name: 'Kitchen',
  color: '#3366cc',
  archived: false,
  archived_at: null,
  view_defaults: { sort_by: 'position', sort_direction: 'asc' },
  position: 'a0',
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

export const Project = Type.Object(
  {
    ...itemIds,
    name: Type.String(),
    color: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    archived: Type.Boolean(),
    archived_at: Type.Unsafe<string | null>(nullableTime),
    view_defaults: shownDefaults,
    ...itemStamps,
  },
  { $id: 'Project', examples: [projectExample] },
);
export type Project = Static<typeof Project>;

/** Only lists have the count: it changes although the project's version does not. */
export const ListedProject = Type.Object(
  { ...Project.properties, open_tasks: Type.Integer({ minimum: 0 }) },
  { $id: 'ListedProject', examples: [{ ...projectExample, open_tasks: 3 }] },
);

export const TrashedProject = trashed('TrashedProject', Project.properties, projectExample);

export const NewProject = Type.Object(
  {
    name: itemName,
    color: Type.Optional(color),
    archived: Type.Optional(archived),
    view_defaults: Type.Optional(viewDefaults),
    ...newItemFields,
  },
  { $id: 'NewProject', additionalProperties: false, examples: [{ name: 'Kitchen', color: '#3366cc' }] },
);

export const ProjectPatch = Type.Object(
  {
    name: Type.Optional(itemName),
    color: Type.Optional(color),
    archived: Type.Optional(archived),
    view_defaults: Type.Optional(viewDefaults),
    archived_at: ignored(Type.Unsafe(nullableTime)),
    open_tasks: ignored(Type.Integer()),
    ...itemPatchFields,
  },
  { $id: 'ProjectPatch', additionalProperties: false, examples: [{ archived: true, version: 1 }] },
);

export const ProjectListQuery = Type.Object(
  {
    archived: Type.Enum(['hide', 'show', 'only'], {
      type: 'string',
      default: 'hide',
      description: 'Whether archived projects are listed.',
    }),
    ...pageParameters('projects'),
  },
  { additionalProperties: false },
);
export type ProjectListQuery = Static<typeof ProjectListQuery>;

export const ProjectDeletionQuery = Type.Object(
  {
    tasks: Type.Enum(['trash', 'inbox'], {
      type: 'string',
      description:
        'What becomes of its live tasks: they go to the trash with it, or stay without a project. A restore brings both back.',
    }),
  },
  { additionalProperties: false },
);
export type TasksOfDeletedProject = Static<typeof ProjectDeletionQuery>['tasks'];
