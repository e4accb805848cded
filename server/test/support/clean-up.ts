/**
 * What to undo after each test, and after the file: the newest first. Helpers add to these instead of calling
 * `afterEach` themselves, which would count for the first file of a worker only: modules are loaded once.
 */
export const afterTest: (() => unknown)[] = [];
export const afterFile: (() => unknown)[] = [];
