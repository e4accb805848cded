import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('openapi.json in the repository is what the server serves; `npm test -- -u` writes it anew', async () => {
  const { status, text } = await app.request('GET', '/openapi.json');
  expect(status).toBe(200);
  await expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toMatchFileSnapshot('../../openapi.json');
});
