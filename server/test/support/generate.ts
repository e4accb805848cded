import { randomUUID } from 'node:crypto';
import { naughtyClasses, naughtyStrings } from './naughty.ts';
import { resolveRef, type Schema, schemaTypesOf } from './operations.ts';
import type { Random } from './random.ts';

const words = ['home', 'a', 'Buy milk', 'é', '😀', 'x y', 'High', '2030-01-01'];

/** A random value that usually conforms to the schema. */
export function validValue(schema: Schema, random: Random): unknown {
  const { oneOf } = resolveRef(schema);
  if (oneOf !== undefined) return validValue(random.pick(oneOf), random);
  const { enum: allowed, properties, required = [], items, ...rest } = resolveRef(schema);
  if (allowed !== undefined) return random.pick(allowed);
  const type = random.pick(schemaTypesOf(schema).length === 0 ? ['string'] : schemaTypesOf(schema));
  if (type === 'object') {
    const named = Object.entries(properties ?? {}).filter(
      ([name]) => required.includes(name) || random.chance(0.5),
    );
    return Object.fromEntries(named.map(([name, field]) => [name, validValue(field, random)]));
  }
  if (type === 'array') return Array.from({ length: random.below(4) }, () => validValue(items ?? {}, random));
  if (type === 'boolean') return random.chance(0.5);
  if (type === 'null') return null;
  if (type !== 'string')
    return (rest.minimum ?? 0) + random.below(Math.min(100, (rest.maximum ?? 100) - (rest.minimum ?? 0)) + 1);
  return validText(rest, random);
}

function validText({ format, minLength = 0, maxLength = 100 }: Schema, random: Random): string {
  if (format === 'uuid') return randomUUID();
  if (format === 'date') return `20${10 + random.below(80)}-0${1 + random.below(9)}-1${random.below(10)}`;
  if (format === 'date-time') return `20${10 + random.below(80)}-01-01T00:00:00Z`;
  if (format === 'email') return `${randomUUID()}@example.com`;
  if (format === 'password') return `gentle-otter-${random.below(1_000)}`;
  return random.pick(words).padEnd(minLength, 'x').slice(0, maxLength);
}

/** A random value that usually does not conform to the schema. */
export function invalidValue(schema: Schema, random: Random): unknown {
  const {
    maxLength = 10,
    minLength = 0,
    maximum = 10,
    minimum = 0,
    maxItems = 20,
    items,
  } = resolveRef(schema);
  if (random.chance(0.4)) return random.pick(random.pick(naughtyClasses));
  return random.pick<() => unknown>([
    () =>
      random.pick([
        null,
        true,
        false,
        0,
        -1,
        1.5,
        5,
        2 ** 31,
        2 ** 53,
        1e300,
        {},
        [],
        [[]],
        [null],
        { a: 1 },
      ]),
    () =>
      random
        .pick(['x', 'é', '😀'])
        .repeat(random.pick([maxLength, maxLength + 1, Math.max(0, minLength - 1)])),
    () => random.pick([maximum, maximum + 1, minimum - 1, String(minimum)]),
    () => Array.from({ length: maxItems + random.below(2) }, () => validValue(items ?? {}, random)),
    () => nested(random.below(60), random.chance(0.5)),
    () => ({ [random.pick(naughtyStrings)]: random.pick(naughtyStrings) }),
    () => Array.from({ length: random.below(2_000) }, () => random.pick(naughtyStrings)),
  ])();
}

function nested(depth: number, list: boolean): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = list ? [value] : { a: value };
  return value;
}

/** A text instead of a JSON body: malformed, with unusual bytes, or valid JSON in an unusual form. */
export function malformedBody(body: unknown, random: Random): string {
  const text = JSON.stringify(body) ?? '';
  return random.pick<() => string>([
    () => text.slice(0, random.below(text.length + 1)),
    () => `\ufeff${text}`,
    () => `${text}${text}`,
    () => text.replace('{', '{"__proto__":{"polluted":1},'),
    () => text.replace('{', '{"constructor":{"prototype":{"polluted":1}},'),
    () => text.replace(/"(\w+)":/, '"$1":null,"$1":'),
    () =>
      text.replace(
        /:("[^"]*"|\d+|true|false)/,
        `:${random.pick(['1e400', '-1e400', '9007199254740993', '-0', 'NaN', '01', "'x'"])}`,
      ),
    () => '['.repeat(random.below(30_000)),
    () => ' '.repeat(random.pick([65_536, 65_537, 70_000]) - Math.min(text.length, 65_536)) + text,
    () => random.pick(['null', '[]', '""', '0', 'true', '', ' ', '\0', '{}']),
    () => text.replaceAll('"', random.pick(["'", '”', '\\"'])),
  ])();
}
