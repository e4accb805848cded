import { readFileSync } from 'node:fs';

/** The part of a JSON Schema that the generated tests act on. */
export interface Schema {
  type?: string | string[];
  $ref?: string;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
}

export interface Parameter {
  in: string;
  name: string;
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  operationId: string;
  method: string;
  path: string;
  parameters: Parameter[];
  /** The body's schema, and one that is valid; undefined where none is taken. */
  body: { schema: Schema; example: unknown } | undefined;
  /** Whether a request may come without the body that it takes. */
  isBodyOptional: boolean;
  responses: Record<string, Response>;
  /** Whether it is for anybody, without a token. */
  isPublic: boolean;
}

interface Response {
  content?: Record<string, { schema: Schema; example?: unknown }>;
}

interface Documented {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, Response>;
  security?: unknown[];
}

interface Document {
  paths: Record<string, Record<string, Documented>>;
  components: { schemas: Record<string, Schema> };
}

const document: Document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
const { schemas } = document.components;

/** Every operation of the document: one that is added is tested from its first day. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, { operationId, parameters = [], requestBody, responses, security }]) => {
      const content = requestBody?.content['application/json'];
      if (requestBody !== undefined && content?.example === undefined)
        throw new Error(`${operationId}: its body needs an example in its schema`);
      return {
        operationId,
        method: method.toUpperCase(),
        path,
        parameters,
        body: content && { schema: resolveRef(content.schema), example: content.example },
        isBodyOptional: requestBody?.required !== true,
        responses,
        isPublic: security?.length === 0,
      };
    },
  ),
);

/** Whether an operation is below a user, and so that user's alone. */
export const isUserOperation = ({ path }: Operation): boolean =>
  path.includes('{user_id}') && !isAdminOperation({ path });

export const isAdminOperation = ({ path }: Pick<Operation, 'path'>): boolean =>
  path.startsWith('/api/v1/admin');

/** Whether it takes a password or the like: it costs a tenth of a second of hashing, or cannot be guessed. */
export const isCredentialsOperation = ({ body }: Operation): boolean =>
  Object.entries(body?.schema.properties ?? {}).some(
    ([name, schema]) => resolveRef(schema).format === 'password' || /password|token|code/i.test(name),
  );

export function resolveRef(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  const found = schemas[name];
  if (found === undefined) throw new Error(`no schema ${schema.$ref}`);
  return resolveRef(found);
}

/** The schema with every reference in it replaced by what it names. */
export const expandRefs = (schema: Schema): unknown =>
  JSON.parse(JSON.stringify(schema), (_, value) =>
    typeof value?.$ref === 'string' ? expandRefs(resolveRef(value)) : value,
  );

/** The schemas of all JSON answers. */
export const responseSchemas = ({ responses }: Operation): unknown[] =>
  Object.values(responses).flatMap(({ content = {} }) =>
    Object.values(content).map(({ schema }) => expandRefs(schema)),
  );

export const schemaTypesOf = (schema: Schema): string[] => [resolveRef(schema).type ?? []].flat();

type BodyPath = (string | number)[];

/**
 * Where a body may have text: names of fields, 0 for a list's item; of a list of several forms, what the example has.
 */
export function textPaths(schema: Schema, example: unknown, at: BodyPath = []): BodyPath[] {
  const { properties = {}, items } = resolveRef(schema);
  const fields = Object.entries(properties).flatMap(([name, field]) =>
    textPaths(field, isRecord(example) ? example[name] : undefined, [...at, name]),
  );
  const list = resolveRef(items ?? {});
  if (list.oneOf !== undefined && Array.isArray(example))
    return example.flatMap((item, index) => textPaths(formOf(list, item), item, [...at, index]));
  return [
    ...(schemaTypesOf(schema).includes('string') ? [at] : []),
    ...(items === undefined ? [] : textPaths(items, undefined, [...at, 0])),
    ...fields,
  ];
}

const formOf = (schema: Schema, item: unknown): Schema =>
  schema.oneOf
    ?.map(resolveRef)
    .find(({ properties = {} }) =>
      Object.entries(properties).some(
        ([name, { enum: one }]) => isRecord(item) && one?.length === 1 && one.includes(item[name]),
      ),
    ) ?? schema;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy of `body` with `value` at that place. */
export function withValue(body: unknown, [name, ...rest]: BodyPath, value: unknown): unknown {
  if (name === undefined) return value;
  if (typeof name === 'number') {
    const item: unknown = Array.isArray(body) ? body[name] : undefined;
    if (Array.isArray(body) && isRecord(item)) return body.with(name, withValue(item, rest, value));
    return [withValue(undefined, rest, value)];
  }
  const copy: Record<string, unknown> = isRecord(body) ? { ...body } : {};
  copy[name] = withValue(copy[name], rest, value);
  return copy;
}

/** The path with its parameters filled in, percent-encoded. */
export const fillPath = (path: string, values: Record<string, string>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: no value for {${name}}`);
    return encodeURIComponent(value);
  });

/** Percent-encoded, a lone surrogate as the bytes that UTF-8 does not allow for it. */
export const percentEncoded = (text: string): string =>
  [...text].map((one) => (one.isWellFormed() ? encodeURIComponent(one) : '%ED%A0%80')).join('');
