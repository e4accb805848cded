import { fileURLToPath } from 'node:url';
import { createConfig, lint, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';

const ref = fileURLToPath(new URL('../../openapi.json', import.meta.url));

test("redocly's recommended rules find nothing in openapi.json", async () => {
  // Ids are UUIDs, so `/trash/projects/restore` is no path, which two patterns would match.
  const config = await createConfig({ extends: ['recommended'], rules: { 'no-ambiguous-paths': 'off' } });
  const findings = await lint({ ref, config });
  expect(findings.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );
  // Proves that the linter reports errors.
  const empty = await lintFromString({ source: '{"openapi":"3.1.0"}', config });
  expect(empty.map(({ ruleId }) => ruleId)).toContain('struct');
});
