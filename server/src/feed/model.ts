import { type Static, type TSchema, Type } from 'typebox';
import type { Profile } from '../profiles/model.ts';
import type { Tag } from '../tags/model.ts';
import type { Task } from '../tasks/model.ts';

/** What the feed tells of, by code point: the order in which one revision's changes come. */
const changeTypes = ['profile', 'tag', 'task'] as const;

export interface Change {
  revision: number;
  type: (typeof changeTypes)[number];
  id: string;
  op: 'upsert' | 'delete';
  task?: Task;
  tag?: Tag;
  profile?: Profile;
}

const changeSchema = ($id: string, type: Change['type'], id: string, thing: TSchema) =>
  Type.Object(
    {
      revision: Type.Integer({ description: "The user's revision that it was last changed at." }),
      type: Type.Enum([type], { type: 'string' }),
      id: Type.String({ description: id }),
      op: Type.Enum(['upsert', 'delete'], { type: 'string' }),
      [type]: Type.Optional(thing),
    },
    { $id, description: `\`${type}\` is there when \`op\` is \`upsert\`.` },
  );

const changeSchemaNames = ['ProfileChange', 'TagChange', 'TaskChange'] as const;

/** The forms that a change may have, by its `type`. */
export const changeSchemas = [
  changeSchema(changeSchemaNames[0], 'profile', 'The user id.', Type.Ref('Profile')),
  changeSchema(changeSchemaNames[1], 'tag', "The tag's name.", Type.Ref('Tag')),
  changeSchema(changeSchemaNames[2], 'task', "The task's id.", Type.Ref('Task')),
];

export const Change = Type.Unsafe<Change>({
  $id: 'Change',
  description: 'The thing as it is now, in the field that `type` names; nothing more when `op` is `delete`.',
  oneOf: changeSchemaNames.map((name) => Type.Ref(name)),
  discriminator: { propertyName: 'type' },
});

/** The longest one holds a user id of 255 control characters, each six bytes of JSON: less than 2,200 characters. */
const cursor = (description: string) => Type.Optional(Type.String({ maxLength: 2200, description }));

export const ChangeListQuery = Type.Object(
  {
    since: cursor('The `next_cursor` of the answer before; absent to start from nothing.'),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 100 }),
    wait: Type.Integer({
      minimum: 0,
      maximum: 30,
      default: 0,
      description: 'Seconds to wait for a change when there is none yet.',
    }),
  },
  { additionalProperties: false },
);
export type ChangeListQuery = Static<typeof ChangeListQuery>;

export const EventsQuery = Type.Object(
  {
    since: cursor('A `next_cursor`; absent to start with what changes from now on.'),
    lastEventId: Type.Optional(
      Type.String({
        // As long as an id can be.
        maxLength: 3100,
        description:
          'For clients that cannot send `Last-Event-ID`; that header wins, and both win over `since`.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description: 'The id of the last event that came: the stream goes on there, whatever `since` says.',
    }),
  ),
});
