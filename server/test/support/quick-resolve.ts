import { registerHooks } from 'node:module';

const relative = /^\.\.?\//;

/**
 * For processes that tests start from the sources: resolves relative imports of ES modules by their URL alone. Node.js
 * would look at every directory above for a link, and read package files: a quarter of the processor time of a start.
 * Imports name files with their extension, and no link lies below the directories of a package.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL, conditions, importAttributes } = context;
    if (parentURL === undefined || !relative.test(specifier) || !conditions.includes('import'))
      return nextResolve(specifier, context);
    return { url: new URL(specifier, parentURL).href, importAttributes, shortCircuit: true };
  },
});
