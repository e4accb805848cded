import { Type as TypeBox } from 'typebox';
import { Check } from 'typebox/value';
import { expect, test } from 'vitest';
import { Type } from '../../src/platform/schema.ts';

type Builders = typeof Type;

/** Every builder, bare and with all that it takes. */
const examples: Record<string, (type: Builders) => object> = {
  Array: (type) => type.Array(type.String()),
  'Array with options': (type) => type.Array(type.String(), { maxItems: 3, description: 'd' }),
  Boolean: (type) => type.Boolean(),
  'Boolean with options': (type) => type.Boolean({ default: false }),
  Enum: (type) => type.Enum(['a', 'b']),
  'Enum with options': (type) => type.Enum(['a', 'b'], { type: 'string' }),
  Integer: (type) => type.Integer(),
  'Integer with options': (type) => type.Integer({ minimum: 1 }),
  'Literal of a string': (type) => type.Literal('a'),
  'Literal of a number': (type) => type.Literal(1, { description: 'd' }),
  'Literal of a boolean': (type) => type.Literal(true),
  Null: (type) => type.Null(),
  'Null with options': (type) => type.Null({ description: 'd' }),
  'Object of nothing': (type) => type.Object({}),
  'Object of what may be missing': (type) => type.Object({ a: type.Optional(type.String()) }),
  'Object with options': (type) =>
    type.Object(
      { a: type.String(), b: type.Optional(type.Integer({ minimum: 1 })), c: type.Null() },
      { additionalProperties: false, $id: 'Example', required: ['c'] },
    ),
  'Object of properties spread, which are required again': (type) =>
    type.Object({ a: { ...type.Optional(type.String()) } }),
  'Object of what is optional twice, and unsafe': (type) =>
    type.Object({
      a: type.Optional(type.Optional(type.String())),
      b: type.Unsafe<string>(type.Optional(type.String())),
      c: type.Optional(type.Unsafe<string>({ type: 'string' })),
    }),
  Record: (type) => type.Record(type.String(), type.Integer()),
  'Record with options': (type) => type.Record(type.String(), type.Integer(), { description: 'd' }),
  Ref: (type) => type.Ref('Task'),
  'Ref with options': (type) => type.Ref('Task', { description: 'd' }),
  String: (type) => type.String(),
  'String with options': (type) => type.String({ format: 'uuid' }),
  Tuple: (type) => type.Tuple([type.String(), type.Boolean()]),
  'Tuple with options': (type) => type.Tuple([type.String()], { description: 'd' }),
  Union: (type) => type.Union([type.String(), type.Null()]),
  'Union with options': (type) => type.Union([type.String(), type.Null()], { description: 'd' }),
  Unsafe: (type) => type.Unsafe<string>({ type: ['string', 'null'], description: 'd' }),
};

test('there is an example of every builder', () => {
  const named = Object.keys(examples).map((title) => title.split(' ')[0]);
  expect(new Set([...named, 'Optional'])).toEqual(new Set(Object.keys(Type)));
});

test.each(Object.entries(examples))('%s is the schema of TypeBox, keywords in the same order', (_, build) => {
  expect(JSON.stringify(build(Type))).toBe(JSON.stringify(build(TypeBox)));
});

test.each(Object.entries(examples))("TypeBox's validator judges %s alike", (_, build) => {
  const values = ['a', 'c', 1, 0, true, null, [], ['a'], ['a', true], {}, { a: 'a', c: null }, { a: 1 }];
  const ours = build(Type);
  if ('$ref' in ours) return;
  expect(values.map((value) => Check(ours, value))).toEqual(
    values.map((value) => Check(build(TypeBox), value)),
  );
});
