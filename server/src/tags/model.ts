import { type Static, Type } from '../platform/schema.ts';
import { userId } from '../writes/user-path.ts';

export const tagName = Type.String({
  minLength: 1,
  maxLength: 50,
  pattern: '\\S',
  'x-pattern-message': 'must not be blank',
});

export const Tag = Type.Object(
  {
    name: Type.String(),
    usage_count: Type.Integer({ minimum: 0, description: 'How many live tasks it is on.' }),
  },
  { $id: 'Tag', examples: [{ name: 'home', usage_count: 3 }] },
);
export type Tag = Static<typeof Tag>;

export const TagListQuery = Type.Object(
  {
    search: Type.Optional(
      Type.String({ maxLength: 50, description: 'Literal part of the name; case and accents do not count.' }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  },
  { additionalProperties: false },
);
export type TagListQuery = Static<typeof TagListQuery>;

export const TagPath = Type.Object({ user_id: userId, name: tagName });

export const TagRename = Type.Object(
  { name: tagName },
  { $id: 'TagRename', additionalProperties: false, examples: [{ name: 'errands' }] },
);
