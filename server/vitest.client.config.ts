import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * The tests of the client that depend on the Node.js they run on. `.ci/run` starts them with an older one than the
 * service needs; servers in processes of their own have the pinned one. Vitest needs Node.js 22.12.
 */
export default defineConfig({
  test: {
    ...base.test,
    include: [
      '../client/test/{errors,feed,methods,network,retries,tokens}.test.ts',
      '../client/test/offline/{conflicts,indexed-db,mirror,repeats,tabs,tanstack-db,writes}.test.ts',
    ],
  },
});
