import type { FastifyRequest } from 'fastify';
import { stripWhitespace } from '../../accounts/strip-whitespace.ts';
import { maxIssues, type ValidationIssue, validationError } from '../../platform/errors.ts';

/** Schema keywords that only this file reads; `openapi.json` omits them. */
export const inputKeywords = ['x-trim', 'x-no-space', 'x-ignore-case', 'x-lower-case'];

/** The part of JSON Schema that this file uses. */
interface Schema {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  format?: string;
  items?: Schema;
  maxItems?: number;
  oneOf?: Schema[];
  /** The field whose value selects one of `oneOf`. */
  discriminator?: { propertyName: string };
  'x-trim'?: boolean;
  'x-no-space'?: boolean;
  'x-ignore-case'?: boolean;
  'x-lower-case'?: boolean;
}

/**
 * Converts input to the form that its schema validates; runs before validation, for every route.
 * - Query strings become integers, booleans and lists where the schema says so; `tags[]` is `tags`.
 * - `x-trim` strips white space at the ends, `x-no-space` everywhere.
 * - `x-ignore-case` gives an enum's value its own spelling.
 * - `x-lower-case` makes the text lower case, as a UUID becomes anyway.
 * - A date-time at midnight becomes its date, and an empty nullable date null.
 * - A list longer than `maxItems` is refused before its items are read.
 * - Text that PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates, other bytes) is refused anywhere.
 * @throws AppError VALIDATION_ERROR
 */
export function normalizeInput(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const { params, querystring, body } = request.routeOptions.schema ?? {};
  const issues: ValidationIssue[] = [];
  // A part without a schema is not read by the route.
  if (params !== undefined) refuseInvalidText(request.params, ['path'], issues);
  if (querystring !== undefined) {
    refuseInvalidEncoding(request.url, issues);
    refuseInvalidText(request.query, ['query'], issues);
  }
  if (isSchema(body)) refuseLongLists(request.body, body, ['body'], issues);
  if (issues.length === 0 && body !== undefined) refuseInvalidText(request.body, ['body'], issues);
  if (issues.length > 0) throw validationError(issues);
  if (isSchema(querystring)) request.query = normalize(parseQuery(request.query, querystring), querystring);
  if (isSchema(params)) request.params = normalize(request.params, params);
  if (isSchema(body)) request.body = normalize(request.body, body);
  done();
}

/** Refuses invalid text in a JSON body that Better Auth validates. A body that is not JSON passes. */
export function refuseInvalidJsonText(body: Buffer): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return;
  }
  const issues: ValidationIssue[] = [];
  refuseInvalidText(parsed, ['body'], issues);
  if (issues.length > 0) throw validationError(issues);
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);

/** The query parser keeps what it cannot decode: `%ff` would become the same three characters as `%25ff`. */
function refuseInvalidEncoding(url: string, issues: ValidationIssue[]): void {
  const [path = ''] = url.split('?', 1);
  for (const parameter of url.slice(path.length + 1).split('&')) {
    if (tryDecode(parameter) !== null) continue;
    const [name = ''] = parameter.split('=', 1);
    issues.push({
      loc: ['query', tryDecode(name) ?? name],
      msg: 'must be percent-encoded UTF-8',
      type: 'text',
    });
  }
}

function tryDecode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Runs before validation, which would visit each of a million items and report an issue for each. */
function refuseLongLists(
  value: unknown,
  schema: Schema,
  loc: (string | number)[],
  issues: ValidationIssue[],
): void {
  if (Array.isArray(value)) {
    const { items, maxItems = Number.POSITIVE_INFINITY } = schema;
    if (value.length > maxItems) {
      const msg = `must NOT have more than ${maxItems} items, got ${value.length}`;
      issues.push({ loc, msg, type: 'maxItems' });
    } else if (items !== undefined) {
      value.forEach((item, index) => {
        refuseLongLists(item, items, [...loc, index], issues);
      });
    }
  } else if (isRecord(value)) {
    for (const [name, field] of Object.entries(variantOf(value, schema).properties ?? {}))
      if (Object.hasOwn(value, name)) refuseLongLists(value[name], field, [...loc, name], issues);
  }
}

/** Deeper than any schema, but too shallow to overflow the stack. */
const maxDepth = 32;

function refuseInvalidText(value: unknown, loc: (string | number)[], issues: ValidationIssue[]): void {
  if (issues.length >= maxIssues) return;
  if (loc.length > maxDepth) {
    issues.push({ loc: loc.slice(0, 2), msg: `must not nest deeper than ${maxDepth}`, type: 'depth' });
  } else if (typeof value === 'string') {
    if (value.includes('\0')) issues.push({ loc, msg: 'must not contain the NUL character', type: 'text' });
    else if (!value.isWellFormed())
      issues.push({ loc, msg: 'must not contain a lone surrogate', type: 'text' });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      refuseInvalidText(item, [...loc, index], issues);
    });
  } else if (isRecord(value)) {
    for (const [name, item] of Object.entries(value)) {
      refuseInvalidText(name, [...loc, withoutNulSign(name)], issues);
      refuseInvalidText(item, [...loc, name], issues);
    }
  }
}

const withoutNulSign = (name: string) => name.toWellFormed().replaceAll('\0', '\u{2400}');

function parseQuery(query: unknown, schema: Schema): Record<string, unknown> {
  const parsed: Record<string, unknown> = Object.create(null);
  if (!isRecord(query)) return parsed;
  for (const [key, value] of Object.entries(query)) {
    const bare = key.endsWith('[]') ? key.slice(0, -2) : key;
    const isList = schema.properties?.[bare]?.type === 'array';
    const name = isList ? bare : key;
    parsed[name] = isList
      ? [parsed[name] ?? [], value].flat()
      : parseScalar(value, schema.properties?.[name]?.type);
  }
  return parsed;
}

function parseScalar(value: unknown, type: Schema['type']): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function normalize(value: unknown, schema: Schema): unknown {
  if (typeof value === 'string') return normalizeText(value, schema);
  const { items } = schema;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => normalize(item, items));
  if (!isRecord(value)) return value;
  const fields = { ...value };
  for (const [name, field] of Object.entries(variantOf(value, schema).properties ?? {})) {
    if (Object.hasOwn(fields, name)) fields[name] = normalize(fields[name], field);
  }
  return fields;
}

/** The variant that the discriminator of a value selects; the schema itself if there is none. */
function variantOf(value: Record<string, unknown>, schema: Schema): Schema {
  const tag = schema.discriminator?.propertyName ?? '';
  return schema.oneOf?.find(({ properties }) => properties?.[tag]?.enum?.includes(value[tag])) ?? schema;
}

function normalizeText(value: string, schema: Schema): string | null {
  const spaced = schema['x-trim'] ? value.trim() : value;
  const text = schema['x-no-space'] ? stripWhitespace(spaced) : spaced;
  if (schema.format === 'uuid' || schema['x-lower-case']) return text.toLowerCase();
  if (schema.format === 'date') return normalizeDate(text, schema);
  if (!schema['x-ignore-case']) return text;
  return schema.enum?.map(String).find((item) => item.toLowerCase() === text.toLowerCase()) ?? text;
}

/** Midnight in UTC or without a zone. In another zone, midnight may be another day for the user. */
const midnight = /^(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$/i;

/** Date pickers send a date-time, and an empty string when cleared. */
function normalizeDate(text: string, { type }: Schema): string | null {
  if (text === '' && type?.includes('null')) return null;
  return midnight.exec(text)?.[1] ?? text;
}
