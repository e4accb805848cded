import { createRequire } from 'node:module';
import type { Static, TSchema } from './schema.ts';

const require = createRequire(import.meta.url);

/**
 * Whether a value has the type of a schema. For files, of which most processes read none: requests are validated by
 * Ajv. The first call loads typebox's validator, which takes some 7 MB.
 */
export function hasShape<T extends TSchema>(schema: T, value: unknown): value is Static<T> {
  const { Check }: typeof import('typebox/value') = require('typebox/value');
  return Check(schema, value);
}
