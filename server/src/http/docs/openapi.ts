import { inputKeywords } from '../contract/normalize-input.ts';
import { documentedDefault, patternMessage, patternOf } from '../contract/validation.ts';
import { mergePatchType } from '../hooks/body.ts';

/** The parts of the generated document that this file changes. */
interface Schema {
  $ref?: string;
  title?: string;
  type?: string | string[];
  required?: string[];
  enum?: string[];
  format?: string;
  pattern?: string;
  minLength?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  default?: unknown;
  examples?: unknown[];
  'x-trim'?: boolean;
}

interface Media {
  schema: Schema;
  example?: unknown;
}

interface Operation {
  parameters?: { in: string; required?: boolean; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
}

interface Document {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
}

const tokenDescription =
  'From register, login or `/api/auth/token`, or signed with HS256 and the shared secret. Its `sub` is the user id.';

/** Title, groups and security of the API. */
export const apiInfo = {
  openapi: '3.1.0',
  info: {
    title: 'Duly',
    description:
      'Tasks, tags and accounts. Two surfaces over one core: `/api/v1` with an envelope, `/api/{user_id}` bare.',
    contact: { name: 'The operator of this server' },
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'This server.' }],
  tags: [
    { name: 'Accounts', description: 'Accounts of this server: registration, log-in, password, sessions.' },
    { name: 'Administration', description: 'For admins: users, bans, roles, the lock of the service.' },
    { name: 'Audit', description: 'What happened to a user, in a chain of hashes.' },
    { name: 'Bare surface', description: 'Tasks and tags without an envelope, below `/api/{user_id}`.' },
    { name: 'Health', description: 'For load balancers and monitoring; without a token.' },
    { name: 'Profile', description: 'Names, time zone and locale of a user.' },
    { name: 'Projects', description: 'Projects of a user, and the sections in them.' },
    { name: 'Sync', description: 'The feed of changes, as pages and as a stream of events.' },
    { name: 'Tags', description: 'The tags on tasks of a user.' },
    { name: 'Tasks', description: 'Tasks of a user, one at a time or many.' },
    { name: 'Trash', description: 'What was deleted, until it is restored or purged.' },
    { name: 'Views', description: 'Saved views of a user: a name for filters and order of a list.' },
    {
      name: 'Better Auth',
      description:
        'Below `/api/auth` the server is a Better Auth server with its own routes, such as `POST /api/auth/sign-up/email`, ' +
        '`POST /api/auth/sign-in/email`, `POST /api/auth/sign-out`, `GET /api/auth/get-session`, `GET /api/auth/token` ' +
        '(an access token for this API) and `GET /api/auth/jwks`. Use its client; its errors have its own form.',
      externalDocs: { description: 'Better Auth', url: 'https://www.better-auth.com/docs' },
    },
  ],
  components: {
    securitySchemes: {
      bearer: {
        type: 'http' as const,
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: tokenDescription,
      },
    },
  },
  security: [{ bearer: [] }],
};

/** Replaces a body schema that has an `$id` by a reference to its component. */
export function withNamedBody<T extends { body?: unknown }>(schema: T): T {
  const { body } = schema;
  return typeof body === 'object' && body !== null && '$id' in body
    ? { ...schema, body: { $ref: String(body.$id) } }
    : schema;
}

const commonFormats = new Set(['uuid', 'date', 'date-time', 'email']);

/** Omits our own keywords and formats, which mean nothing to clients. */
function publicKeyword(key: string, value: unknown): unknown {
  if (key === patternMessage || inputKeywords.includes(key)) return undefined;
  if (typeof value === 'object' && value !== null && documentedDefault in value)
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name === documentedDefault ? 'default' : name, item]),
    );
  if (key !== 'format' || typeof value !== 'string' || commonFormats.has(value)) return value;
  return value === 'uncommon-password' ? 'password' : undefined;
}

/** Adds examples, patterns and named variants to the generated document, and rules that are checked outside schemas. */
export function completeDocument(document: object): object {
  const copy: Document = JSON.parse(JSON.stringify(document));
  const { schemas } = copy.components;
  for (const schema of Object.values(schemas)) nameVariants(schema, schemas);
  const inputSchemas = new Set<Schema>();
  const bodies = new Set<Schema>();
  for (const path of Object.values(copy.paths)) {
    for (const { parameters = [], requestBody } of Object.values(path)) {
      for (const parameter of parameters) {
        collectSchemas(parameter.schema, schemas, inputSchemas);
        // The generator marks parameters with a default as required.
        if (parameter.in === 'query' && parameter.schema.default !== undefined) parameter.required = false;
      }
      const media = requestBody?.content['application/json'];
      const schema = media && schemas[nameOf(media.schema)];
      if (requestBody === undefined || media === undefined || schema === undefined) continue;
      [media.example] = schema.examples ?? [];
      requestBody.required = !isNullable(schema);
      bodies.add(schema);
      collectSchemas(schema, schemas, inputSchemas);
    }
    const patch = path.patch?.requestBody?.content;
    if (patch?.['application/json'] !== undefined) patch[mergePatchType] = patch['application/json'];
  }
  for (const schema of inputSchemas) addPatterns(schema);
  for (const body of bodies) requireObject(body);
  return JSON.parse(JSON.stringify(copy, publicKeyword));
}

const prefix = '#/components/schemas/';
const nameOf = ({ $ref = '' }: Schema): string => $ref.slice(prefix.length);
const isNullable = ({ type }: Schema) => [type].flat().includes('null');

const nested = ({ properties = {}, items, oneOf = [] }: Schema): Schema[] => [
  ...Object.values(properties),
  ...(items === undefined ? [] : [items]),
  ...oneOf,
];

/** Makes components of the variants of a discriminated union (OpenAPI 3.1 §4.8.25), and of the union itself. */
function nameVariants(schema: Schema, schemas: Record<string, Schema>): void {
  for (const part of nested(schema)) nameVariants(part, schemas);
  const { discriminator, oneOf, title } = schema;
  if (discriminator === undefined || oneOf === undefined) return;
  const variants = oneOf.map((one) => (one.$ref === undefined ? toComponent(one, schemas) : one));
  const mapping = variants.flatMap((variant) => {
    const values = schemas[nameOf(variant)]?.properties?.[discriminator.propertyName]?.enum ?? [];
    return values.map((value) => [value, variant.$ref]);
  });
  const { type: _type, required: _required, ...rest } = schema;
  const union = {
    ...rest,
    oneOf: variants,
    discriminator: { ...discriminator, mapping: Object.fromEntries(mapping) },
  };
  replace(schema, title === undefined ? union : toComponent(union, schemas));
}

function toComponent(schema: Schema, schemas: Record<string, Schema>): Schema {
  const { title = '', ...rest } = schema;
  schemas[title] = rest;
  return { $ref: prefix + title };
}

function replace(schema: Schema, other: Schema): void {
  for (const name of Object.keys(schema)) Reflect.deleteProperty(schema, name);
  Object.assign(schema, other);
}

/** Collects a body's schema and those that it refers to. */
function collectSchemas(schema: Schema, schemas: Record<string, Schema>, found: Set<Schema>): void {
  const target = schemas[nameOf(schema)] ?? schema;
  if (found.has(target)) return;
  found.add(target);
  for (const part of nested(target)) collectSchemas(part, schemas, found);
}

const withoutNul = '^[^\\u0000]*$';
const notBlank = '^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$';

/** The service accepts a `null` body as no body; the document does not show it. */
function requireObject(body: Schema): void {
  if (body.properties !== undefined && isNullable(body)) body.type = 'object';
}

/** Adds the rules for text as patterns. */
function addPatterns(schema: Schema): void {
  const { type, format = '', pattern, minLength = 0 } = schema;
  const types = [type].flat();
  if (!types.includes('string') || schema.enum !== undefined || standardFormats.has(format)) return;
  const isTrimmed = schema['x-trim'] === true && minLength > 0;
  schema.pattern = patternOf(format) ?? (pattern === '\\S' || isTrimmed ? notBlank : (pattern ?? withoutNul));
}

/** Formats whose syntax excludes NUL already. */
const standardFormats = new Set(['uuid', 'date-time']);
