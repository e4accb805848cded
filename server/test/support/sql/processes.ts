import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where processes that this worker's tests start note what they ask the database, a line of JSON each. */
export const statementsFile = join(tmpdir(), `duly-statements-${process.pid}`);

/** Names that file to them. */
export const statementsVariable = 'DULY_TEST_STATEMENTS';
