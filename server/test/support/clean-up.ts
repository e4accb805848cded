/**
 * Functions to run after each test, and after the file, newest first. Helpers add to these arrays instead of calling
 * `afterEach`. Modules load once per worker, so `afterEach` would only work for the worker's first file.
 */
export const afterTest: (() => unknown)[] = [];
export const afterFile: (() => unknown)[] = [];
