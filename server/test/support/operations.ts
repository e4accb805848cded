import { readFileSync } from 'node:fs';

/** The part of a JSON Schema that generated tests use. */
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
  /** The body's schema and a valid example; undefined if the operation takes no body. */
  body: { schema: Schema; example: unknown } | undefined;
  /** Whether a request without the body is valid. */
  isBodyOptional: boolean;
  responses: Record<string, Response>;
  /** Whether it needs no token. */
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

/** Every operation of the document, so that a new one is tested at once. */
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

/** Whether the path is below a user, so that only this user may use it. */
export const isUserOperation = ({ path }: Operation): boolean =>
  path.includes('{user_id}') && !isAdminOperation({ path });

export const isAdminOperation = ({ path }: Pick<Operation, 'path'>): boolean =>
  path.startsWith('/api/v1/admin');

/** Whether it takes a password, token or code. Hashing takes a tenth of a second, and a code cannot be generated. */
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

/** The schema with each reference replaced by its target. */
export const expandRefs = (schema: Schema): unknown =>
  JSON.parse(JSON.stringify(schema), (_, value) =>
    typeof value?.$ref === 'string' ? expandRefs(resolveRef(value)) : value,
  );

/** Schemas of all JSON responses. */
export const responseSchemas = ({ responses }: Operation): unknown[] =>
  Object.values(responses).flatMap(({ content = {} }) =>
    Object.values(content).map(({ schema }) => expandRefs(schema)),
  );

export const schemaTypesOf = (schema: Schema): string[] => [resolveRef(schema).type ?? []].flat();

type BodyPath = (string | number)[];

/** Paths of a body's text fields: property names, 0 for an array's item. Of a `oneOf`, the example's form. */
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

/** A copy of `body` with `value` at the path. */
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

/** The value at a place that `textPaths` gives; of one in a list, the list. Undefined when there is none. */
export const valueAt = (value: unknown, [name, ...rest]: readonly (string | number)[]): unknown => {
  if (name === undefined) return value;
  const found = isRecord(value) ? value[name] : undefined;
  return found === undefined || Array.isArray(found) ? found : valueAt(found, rest);
};

/** The path with percent-encoded parameters. */
export const fillPath = (path: string, values: Record<string, string>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: no value for {${name}}`);
    return encodeURIComponent(value);
  });

/** The query that an operation cannot do without, with its `?`; the first value of each enumeration. */
export const requiredQuery = ({ parameters }: Operation): string => {
  const required = parameters.filter((one) => one.in === 'query' && one.required === true);
  const pairs = required.map(({ name, schema }) => `${name}=${schema.enum?.[0]}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};

/** Percent-encodes text; a lone surrogate as its three bytes, which are invalid UTF-8. */
export const percentEncoded = (text: string): string =>
  [...text].map((one) => (one.isWellFormed() ? encodeURIComponent(one) : '%ED%A0%80')).join('');
