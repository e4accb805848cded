import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

// Workers are ended before they would write what they covered. Does nothing unless NODE_V8_COVERAGE is set.
afterAll(() => takeCoverage());
