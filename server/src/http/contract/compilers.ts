import AjvCompiler from '@fastify/ajv-compiler';
import fastJsonStringify, { type Schema } from 'fast-json-stringify';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import { ajv } from './validation.ts';

interface NamedSchema {
  $id?: string;
  discriminator?: unknown;
  oneOf?: { $ref: string }[];
  properties?: Record<string, Schema>;
  type?: 'object';
}

type Validate = ReturnType<FastifySchemaCompiler<unknown>>;

/**
 * Compiles schemas of input, each at its first request.
 * @param named the schemas that others refer to, by `$id`
 */
export function createValidatorCompiler(named: readonly NamedSchema[]): FastifySchemaCompiler<unknown> {
  const compile = AjvCompiler()({ named: [...named] }, ajv);
  const compileLater = atFirstUse<object, Validate>((schema) => compile({ schema }));
  return ({ schema }) => {
    const compiled = compileLater(schema);
    // Fastify reads the errors from the function that it called.
    const validate: Validate = (value: unknown) => {
      const result = compiled()(value);
      validate.errors = compiled().errors ?? null;
      return result;
    };
    return validate;
  };
}

/**
 * Compiles schemas of responses, each at its first response.
 * @param named the schemas that others refer to, by `$id`
 */
export function createSerializerCompiler(named: readonly NamedSchema[]): FastifySerializerCompiler<unknown> {
  const schemas = withoutUnions(named);
  const compileLater = atFirstUse((schema: Schema) => fastJsonStringify(schema, { schema: schemas }));
  return ({ schema }) => {
    const compiled = compileLater(schema);
    return (body) => compiled()(body);
  };
}

/**
 * Compiles each schema once, when it is needed: hundreds of routes share most of their schemas, and compiling all of
 * them would take half of the time of a start.
 */
function atFirstUse<Input, Compiled>(compile: (schema: Input) => Compiled) {
  const compiledOf = new Map<string, Compiled>();
  return (schema: unknown): (() => Compiled) => {
    let own: Compiled | undefined;
    return () => {
      if (own !== undefined) return own;
      const key = JSON.stringify(schema);
      own = compiledOf.get(key) ?? compile(JSON.parse(key));
      compiledOf.set(key, own);
      return own;
    };
  };
}

/**
 * By name, with each union of named objects replaced by one object with the properties of all. A serializer only needs
 * to know which properties exist; for a union it would validate each value first.
 */
function withoutUnions(named: readonly NamedSchema[]): Record<string, NamedSchema> {
  const byName = Object.fromEntries(named.map((schema) => [schema.$id ?? '', schema]));
  for (const { oneOf, discriminator, ...rest } of named) {
    if (oneOf === undefined || discriminator === undefined) continue;
    const properties = Object.assign({}, ...oneOf.map(({ $ref }) => byName[$ref]?.properties));
    byName[rest.$id ?? ''] = { ...rest, type: 'object', properties };
  }
  return byName;
}
