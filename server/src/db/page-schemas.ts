import { Type } from '../platform/schema.ts';

/** The query parameters that select a page of a list. @param items what the list contains, in the plural */
export const pageParameters = (items: string) => ({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: `Most ${items} on a page.` }),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: '0 when absent; not with `cursor`.' }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 2000, description: 'A `next_cursor`, or from a `Link`; not with `offset`.' }),
  ),
});

/** The member `pagination` of a list. */
export const Pagination = Type.Object({
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'null when paging by cursor',
  }),
  next_cursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
});
