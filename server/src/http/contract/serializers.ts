import {
  type Serializer,
  type SerializerFactory,
  SerializerSelector,
} from '@fastify/fast-json-stringify-compiler';

/**
 * Fastify's own compiler of response schemas, asked once in each part of the app for each schema that differs: nearly
 * every route has the same errors, and to compile them for each route would be half of the time that a start takes.
 */
export const buildSerializer: SerializerFactory = (named, options) => {
  const compile = SerializerSelector()(withoutUnions(named), options);
  const made = new Map<string, Serializer>();
  return (route) => {
    const key = JSON.stringify(route.schema);
    const serializer = made.get(key) ?? compile(route);
    made.set(key, serializer);
    return serializer;
  };
};

/**
 * A serialiser only has to know which properties may be sent. A union of named objects is for it one object with the
 * properties of all: to find out which of them each value is would cost a validation of it.
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
