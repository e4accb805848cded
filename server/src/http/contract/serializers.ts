import {
  type Serializer,
  type SerializerFactory,
  SerializerSelector,
} from '@fastify/fast-json-stringify-compiler';

/**
 * Fastify's compiler of response schemas, with a cache by schema. Nearly all routes have the same error schemas;
 * compiling them for each route would take half of the time of a start.
 */
export const buildSerializer: SerializerFactory = (named, options) => {
  const compile = SerializerSelector()(withoutUnions(named), options);
  const compiled = new Map<string, Serializer>();
  return (route) => {
    const key = JSON.stringify(route.schema);
    const serializer = compiled.get(key) ?? compile(route);
    compiled.set(key, serializer);
    return serializer;
  };
};

/**
 * Replaces a union of named objects by one object with the properties of all. A serializer only needs to know which
 * properties exist; for a union it would validate each value first.
 */
function withoutUnions(named: unknown): unknown {
  if (!isNamed(named)) return named;
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => {
      const { oneOf, discriminator, ...rest } = schema;
      if (oneOf === undefined || discriminator === undefined) return [name, schema];
      const properties = Object.assign({}, ...oneOf.map(({ $ref }) => named[$ref]?.properties));
      return [name, { ...rest, type: 'object', properties }];
    }),
  );
}

const isNamed = (
  value: unknown,
): value is Record<string, { discriminator?: unknown; oneOf?: { $ref: string }[]; properties?: object }> =>
  typeof value === 'object' && value !== null;
