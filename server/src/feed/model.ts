import type { Noun } from '../db/noun.ts';
import * as registered from '../nouns.ts';
import { type Static, type TSchema, Type } from '../platform/schema.ts';

type AnyNoun = (typeof registered)[keyof typeof registered];
export type NounType = AnyNoun['type'];

/** The items of each noun, by its type. */
type NounItems = { [N in AnyNoun as N['type']]: N extends Noun<string, infer Item> ? Item : never };

/** Every noun, by type: the order in which the changes of one revision come. */
export const nouns: readonly AnyNoun[] = Object.values(registered).toSorted((a, b) =>
  a.type < b.type ? -1 : 1,
);

export interface Change extends Partial<NounItems> {
  revision: number;
  type: NounType;
  id: string;
  op: 'upsert' | 'delete';
}

const changeSchema = ($id: string, type: string, id: string, item: TSchema) =>
  Type.Object(
    {
      revision: Type.Integer({ description: "The user's revision that it was last changed at." }),
      type: Type.Enum([type], { type: 'string' }),
      id: Type.String({ description: id }),
      op: Type.Enum(['upsert', 'delete'], { type: 'string' }),
      [type]: Type.Optional(item),
    },
    { $id, description: `\`${type}\` is there when \`op\` is \`upsert\`.` },
  );

const schemaNameOf = ({ schema }: { schema: string }) => `${schema}Change`;

/** One schema per noun; `type` discriminates them. */
export const changeSchemas = nouns.map((noun) =>
  changeSchema(schemaNameOf(noun), noun.type, noun.feed.idDescription, Type.Ref(noun.schema)),
);

export const Change = Type.Unsafe<Change>({
  $id: 'Change',
  description: 'The thing as it is now, in the field that `type` names; nothing more when `op` is `delete`.',
  oneOf: nouns.map((noun) => Type.Ref(schemaNameOf(noun))),
  discriminator: { propertyName: 'type' },
});

/** The longest cursor has a user id of 255 control characters, each six bytes of JSON: less than 2,200 characters. */
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
        // The longest id.
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
