import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * `npm test -- --database URL`: what a user's data may rely on, on a server that runs already. Not here: tests that
 * start a PostgreSQL of their own or stop one, that read plans and statistics, or that never come near the database.
 */
export default defineConfig({
  test: {
    ...base.test,
    include: [
      'test/{accounts,admin,audit,channels,deliveries,digest,export,feed,import,isolation,jobs,profiles,projects,reminders,sections,tags,tasks,views,writes}/**/*.test.ts',
      'test/db/shards.test.ts',
      'test/erasure/erase.test.ts',
      'test/response-cache/{cache,cache-etag,cache-model,fast-path}.test.ts',
      'test/http/{persist,http,routes,fuzz-openapi,openapi-answers}.test.ts',
    ],
    exclude: [],
    globalSetup: 'test/support/external-database.ts',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
