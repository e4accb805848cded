import type { Db } from '../../db/schema.ts';
import type { Item, ItemKind } from '../../items/kind.ts';
import type { ItemFilter } from '../../items/list.ts';
import type { ItemTarget } from '../../items/service.ts';
import { notFound, preconditionFailed, versionConflict } from '../../platform/errors.ts';
import { type TSchema, Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { parseIfMatch } from '../contract/conditions.ts';
import type { Call } from '../contract/operation.ts';

/** What the operations of a noun differ in. */
export interface ItemOperations<I extends Item> {
  kind: ItemKind<I>;
  /** For ids and messages, capitalised. */
  one: string;
  many: string;
  /** The group in `openapi.json`. */
  group: string;
  example: object;
  /** Components of `openapi.json`: in lists; elsewhere; in the trash. */
  schemas: { listed: string; single: string; trashed: string };
  newItem: TSchema;
  patch: TSchema;
  /** Path of lists and of creation; with a parent, it has that one's id. */
  listPath?: TSchema;
  listQuery?: TSchema;
  filterOf?(query: unknown): ItemFilter | undefined;
  /** Further fields beside the list, and their schemas. */
  more?: { schemas: Record<string, TSchema>; read(db: Db, userId: string): Promise<object> };
  /** What the descriptions of a delete and of a restore say. */
  texts?: { delete?: string; restore?: string };
}

/** The path's parameter, which the schema of the route has validated. */
export function pathParam(params: unknown, name: string): string {
  const value: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  if (typeof value !== 'string') throw new Error(`the path has no ${name}`);
  return value;
}

export const userIdOf = (params: unknown): string => pathParam(params, 'user_id');

/** The item that a request names, and the condition of its write: `version` of the body, and `If-Match`. */
export const targetOf = <I extends Item>(
  kind: ItemKind<I>,
  { params, body, headers }: Pick<Call['request'], 'params' | 'body' | 'headers'>,
): ItemTarget<I> => ({
  kind,
  id: pathParam(params, `${kind.noun}_id`),
  condition: { version: versionOf(body), ifMatch: parseIfMatch(headers) },
});

function versionOf(body: unknown): number | undefined {
  const version: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'version') : undefined;
  return typeof version === 'number' ? version : undefined;
}

/** The path of one item. */
export const itemPath = (noun: string) =>
  Type.Object({
    ...UserPath.properties,
    [`${noun}_id`]: Type.String({ format: 'uuid', description: `The ${noun}'s \`id\`.` }),
  });

export const changeErrors = [404, 409, 412, 413, 415, 422];

/** Examples of the errors of operations on one item. */
export const itemErrorExamples = ({ noun, label }: Pick<ItemKind, 'noun' | 'label'>, example: object) => ({
  404: notFound(label),
  409: versionConflict(noun, example),
  412: preconditionFailed(noun, example),
});

export const etagHeader = (noun: string) => ({
  ETag: { type: 'string', description: `The version of the ${noun}, quoted.` },
});
