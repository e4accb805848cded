import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

// Vitest ends workers before they write their coverage. Does nothing unless NODE_V8_COVERAGE is set.
afterAll(() => takeCoverage());
