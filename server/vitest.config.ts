import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.ts';

export default defineConfig({
  test: {
    include: [
      'test/**/*.test.ts',
      '../client/test/**/*.test.ts',
      '../cli/test/**/*.test.ts',
      '../demo/test/**/*.test.ts',
      '../docs/test/**/*.test.ts',
      '../web/test/**/*.test.ts',
      '../examples/test/**/*.test.ts',
    ],
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: ['test/support/hooks.ts', 'test/support/coverage.ts', 'test/support/sql/setup.ts'],
    pool: 'forks',
    // The sources are loaded once by each worker, not by each file; files share nothing but them.
    isolate: false,
    // More than there are processors: much of the time is waiting, for time-outs, restarts and the database.
    maxWorkers: 3,
    // Against what hangs, not what is slow: a machine that is busy stands still for many seconds.
    expect: { poll: patience },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The sources run as they do in production, by the runtime itself; so coverage adds up over all processes.
    // What collects their SQL changes the driver once for all files of a worker.
    server: { deps: { external: [/\/src\/.*\.ts$/, /\/test\/support\/sql\/collect\.ts$/] } },
  },
});
