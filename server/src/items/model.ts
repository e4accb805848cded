import { pageParameters } from '../db/page-schemas.ts';
import { type Static, type TSchema, Type } from '../platform/schema.ts';

/** Parts of the schemas of items. */

const dateTime = Type.String({ format: 'date-time' });
const version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'The version the change is based on; another one is answered with 409.',
});

export const itemName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Trimmed; 1–100 characters.',
  'x-trim': true,
});

/** The fields of every item in responses; those before a noun's own, and those after. */
export const itemIds = { id: Type.String({ format: 'uuid' }), user_id: Type.String() };
export const itemStamps = {
  position: Type.String({
    description: 'Its place in the manual order: ascending by code point, then by id.',
  }),
  version: Type.Integer({ minimum: 1 }),
  created_at: dateTime,
  updated_at: dateTime,
};

/** An item in the trash. */
export const trashed = <T extends Record<string, TSchema>>($id: string, properties: T, example: object) =>
  Type.Object(
    { ...properties, deleted_at: dateTime },
    { $id, examples: [{ ...example, version: 2, deleted_at: '2026-11-22T08:00:00.000Z' }] },
  );

/** Read-only fields, accepted from clients that send a whole item back. */
export const newItemFields = {
  user_id: Type.Optional(Type.String({ description: 'Read-only: the user of the path, if sent.' })),
};
export const ignored = (schema: TSchema) =>
  Type.Optional(Type.Unsafe<unknown>({ ...schema, description: 'Ignored.' }));
export const fixed = (schema: TSchema) =>
  Type.Optional(Type.Unsafe<unknown>({ ...schema, description: 'Read-only: the stored value, if sent.' }));

/** What the patch of every item may have. */
export const itemPatchFields = {
  version: Type.Optional(version),
  id: Type.Optional(Type.String({ format: 'uuid', description: 'Read-only: the id of the path, if sent.' })),
  ...newItemFields,
  position: ignored(Type.String()),
  created_at: Type.Optional(
    Type.String({ format: 'date-time', description: 'Read-only: the stored time, if sent.' }),
  ),
  updated_at: Type.Optional(
    Type.String({
      format: 'date-time',
      description:
        'Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.',
    }),
  ),
};

/** A merge patch (RFC 7396), which may be the whole item as it was read. */
export type ItemPatch = Readonly<Record<string, unknown>> & {
  version?: number;
  updated_at?: string;
};

const neighbour = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'uuid', description }));

/** Where something is moved to in the manual order. */
export const neighbours = {
  after: neighbour('The id of the one that it comes after; null: it becomes the first.'),
  before: neighbour('Instead of `after`: the id of the one that it comes before; null: it becomes the last.'),
};

/** The body of a move within the manual order. */
export const Move = Type.Object(
  {
    ...neighbours,
    version: Type.Optional(version),
  },
  { $id: 'Move', additionalProperties: false, examples: [{ after: null }] },
);
export type Move = Static<typeof Move>;

/** The parameters of a list that fits on one page, unless the client wants less of it. */
export const itemPaging = (items: string) => {
  const { limit, ...rest } = pageParameters(items);
  return { limit: Type.Integer({ ...limit, default: 100 }), ...rest };
};

export interface ItemListQuery {
  limit: number;
  offset?: number;
  cursor?: string;
}
