import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** File to which processes started by this worker append their statements, one line of JSON each. */
export const statementsFile = join(tmpdir(), `duly-statements-${process.pid}`);

/** Environment variable with that file's path. */
export const statementsVariable = 'DULY_TEST_STATEMENTS';
