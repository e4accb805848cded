import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** `npm run test:faults`: the suite of faults, one file at a time, and a table at the end. */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/faults/*.fault.ts'],
    globalSetup: 'test/support/faults-table.ts',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
