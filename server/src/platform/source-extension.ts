import { extname } from 'node:path';

/** `.ts`, or `.js` in the npm package: for modules that are started by their path. */
export const sourceExtension = extname(import.meta.filename);
