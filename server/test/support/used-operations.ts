import type { TestApp } from './app.ts';
import { operations } from './operations.ts';

/** Ids of the operations of `openapi.json` that were used. */
export const usedOperations = new Set<string>();

const patterns = operations
  .map(({ operationId, method, path }) => ({
    operationId,
    method,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    holes: path.split('{').length,
  }))
  .sort((a, b) => a.holes - b.holes);

/** The app; it records the operations of its requests. */
export const recordOperations = (app: TestApp): TestApp => ({
  ...app,
  request(method, path, options) {
    const [target = ''] = path.split('?');
    const found = patterns.find((one) => one.method === method && one.pattern.test(target));
    if (found !== undefined) usedOperations.add(found.operationId);
    return app.request(method, path, options);
  },
});
