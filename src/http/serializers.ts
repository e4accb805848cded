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
  const compile = SerializerSelector()(named, options);
  const made = new Map<string, Serializer>();
  return (route) => {
    const key = JSON.stringify(route.schema);
    const serializer = made.get(key) ?? compile(route);
    made.set(key, serializer);
    return serializer;
  };
};
