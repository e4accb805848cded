import type { Static, TSchema, Type as TypeBox } from 'typebox';

export type { Static, TSchema };

/** What the service uses of TypeBox. */
type Builders = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'Ref'
  | 'String'
  | 'Tuple'
  | 'Union'
  | 'Unsafe'
>;

type Keywords = Readonly<Record<string, unknown>>;

/** Not enumerable, as in TypeBox: it is no keyword of JSON Schema. */
const optional = '~optional';

const requiredOf = (properties: Readonly<Record<string, object>>) => {
  const required = Object.keys(properties).filter((name) => !Object.hasOwn(properties[name] ?? {}, optional));
  return required.length > 0 ? { required } : {};
};

const builders = {
  Array: (items: object, options?: Keywords) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Keywords) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: Keywords) => ({ enum: values, ...options }),
  Integer: (options?: Keywords) => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options?: Keywords) => ({
    type: typeof value,
    const: value,
    ...options,
  }),
  Null: (options?: Keywords) => ({ type: 'null', ...options }),
  Object: (properties: Readonly<Record<string, object>>, options?: Keywords) => ({
    type: 'object',
    ...requiredOf(properties),
    properties,
    ...options,
  }),
  Optional: (schema: object) => Object.defineProperty({ ...schema }, optional, { value: true }),
  /** The keys are strings of any form. */
  Record: (_key: object, value: object, options?: Keywords) => ({
    type: 'object',
    patternProperties: { '^.*$': value },
    ...options,
  }),
  Ref: (ref: string, options?: Keywords) => ({ $ref: ref, ...options }),
  String: (options?: Keywords) => ({ type: 'string', ...options }),
  Tuple: (items: readonly object[], options?: Keywords) => ({
    type: 'array',
    additionalItems: false,
    items,
    minItems: items.length,
    ...options,
  }),
  Union: (anyOf: readonly object[], options?: Keywords) => ({ anyOf, ...options }),
  Unsafe: (schema: object) => schema,
};

/**
 * TypeBox's builders of JSON Schema, with its types and without its modules, which are 370 files to load
 * (docs/decisions/0018-one-schema-no-coercion.md).
 */
// Only TypeBox can say that a schema has the type of its value; a test compares what it and these build.
export const Type = builders as unknown as Builders;
