import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateOperations, generateSchema, inClient } from './support/generate.ts';

const generated = (name: string) => fileURLToPath(inClient(`src/generated/${name}`));

test('the types are those of openapi.json', async () => {
  await expect(await generateSchema()).toMatchFileSnapshot(generated('schema.ts'));
});

test('the table of operations is that of openapi.json', async () => {
  await expect(await generateOperations()).toMatchFileSnapshot(generated('operations.ts'));
});
