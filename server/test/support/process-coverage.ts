import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

/** Environment variable with the directory for the coverage of a process that a test starts. */
export const coverageVariable = 'DULY_TEST_COVERAGE';

/**
 * The process writes what it would write for NODE_V8_COVERAGE, of our sources alone: an eighth of the size. The report
 * reads the files of all processes, one after the other.
 */
const directory = process.env[coverageVariable];
if (directory !== undefined) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  process.on('exit', () => {
    session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      const result = taken.result.filter(({ url }) => url.includes('/server/src/'));
      const name = `coverage-${process.pid}-${Date.now()}-${performance.now()}.json`;
      writeFileSync(join(directory, name), JSON.stringify({ result }));
    });
  });
}
