import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('50 parallel edits of one version: one wins, 49 conflict and carry the current task', async () => {
  const { v1, token } = await app.newUser();
  const { body: created } = await app.request('POST', `${v1}/tasks`, { token, body: { title: 'contested' } });
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      app.request('PATCH', `${v1}/tasks/${created.data.id}`, {
        token,
        body: { title: `edit ${index}`, version: 1 },
      }),
    ),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  const conflicts = replies.filter(({ status }) => status === 409);
  expect(conflicts).toHaveLength(49);
  for (const { body } of conflicts)
    expect(body).toMatchObject({ error_code: 'VERSION_CONFLICT', current: { version: 2 } });
});
