import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintToken, startApp, type TestApp } from '../support/app.ts';

/**
 * A scenario for each of three kinds of clients. `fetch` sends their requests literally, with their slashes, whole
 * objects and empty fields.
 */
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

type Json = Record<string, unknown>;

/** The client of a page: JSON in both directions, with the headers of its library. */
function clientOf(token: string | null, headers: Json = {}) {
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(app.url + path, {
      method,
      // Some clients would lose body and token in a redirect.
      redirect: 'error',
      headers: {
        'Content-Type': 'application/json',
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
}

test("the Better Auth front end's flow: slashes, lists, toggles, its own words for refusals", async () => {
  const userId = 'a3f1c2d4-user-of-better-auth';
  const call = clientOf(await mintToken({ sub: userId, email: 'ada@example.com' }));
  const tasks = `/api/${userId}/tasks`;

  const made = await call('POST', `${tasks}/`, {
    title: 'Buy milk',
    description: '',
    priority: 'High',
    due_date: '2026-12-24T00:00:00.000Z',
    tags: ['shopping', 'home'],
  });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    due_date: '2026-12-24',
    user_id: userId,
    completed: false,
    description: '',
  });
  await call('POST', `${tasks}/`, { title: 'Call Bob', description: '', priority: 'Low', due_date: '' });

  const list = await call(
    'GET',
    `${tasks}/?status=all&priority=all&tags[]=home&tags[]=work&sort_by=priority&sort_direction=asc&limit=50&offset=0`,
  );
  expect([list.status, list.body]).toEqual([200, [made.body]]);
  const all = await call('GET', `${tasks}/`);
  expect(all.body.map(({ title }: Json) => title)).toEqual(['Call Bob', 'Buy milk']);

  const one = `${tasks}/${made.body.id}`;
  const edited = await call('PUT', `${one}/`, { ...made.body, title: 'Buy oat milk' });
  expect([edited.status, edited.body.title, edited.body.version]).toEqual([200, 'Buy oat milk', 2]);
  const toggled = await call('PATCH', `${one}/complete`);
  expect([toggled.status, toggled.body.completed]).toEqual([200, true]);
  expect((await call('PATCH', `${one}/complete/`)).body.completed).toBe(false);
  expect((await call('GET', `/api/${userId}/tags/`)).body).toEqual([
    { name: 'home', usage_count: 1 },
    { name: 'shopping', usage_count: 1 },
  ]);

  expect((await call('DELETE', `${one}/`)).status).toBe(204);
  expect((await call('GET', one)).status).toBe(404);

  const others = await call('GET', '/api/somebody-else/tasks/');
  expect([others.status, others.body.detail]).toEqual([403, "Not authorized to access this user's data"]);
  const nobody = await clientOf(null)('GET', `${tasks}/`);
  expect([nobody.status, nobody.body.detail]).toEqual([401, 'Not authenticated: authorization required']);
  const invalid = await call('POST', `${tasks}/`, { title: '' });
  expect([invalid.status, Array.isArray(invalid.body.detail)]).toEqual([400, true]);
});

test("the versioned API's flow: register, log in, the envelope, update with its own fields, log out", async () => {
  const account = {
    email: 'grace@example.com',
    password: 'gentle-otter-42',
    first_name: 'Grace',
    last_name: 'Hopper',
  };
  const anybody = clientOf(null, { 'X-Requested-With': 'XMLHttpRequest' });
  const registered = await anybody('POST', '/api/v1/auth/register/', account);
  expect(registered.status).toBe(201);
  expect(registered.body).toMatchObject({ token_type: 'bearer', user: { email: account.email } });
  const { email, password } = account;
  const login = await anybody('POST', '/api/v1/auth/login', { email, password });
  expect([login.status, login.body.user.id]).toEqual([200, registered.body.user.id]);

  const call = clientOf(login.body.access_token);
  const tasks = `/api/v1/users/${login.body.user.id}/tasks`;
  const made = await call('POST', tasks, { title: 'Report', priority: 'medium', due_date: '2026-12-24' });
  expect([made.status, made.body.status_code, typeof made.body.message]).toEqual([201, 201, 'string']);
  const one = `${tasks}/${made.body.data.id}`;

  const updated = await call('PUT', one, { ...made.body.data, description: 'for Monday', priority: 'HIGH' });
  expect(updated.body.data).toMatchObject({ description: 'for Monday', priority: 'High', version: 2 });
  const stale = await call('PUT', one, { ...made.body.data, description: 'from another tab' });
  expect([stale.status, stale.body.error_code, stale.body.current.description]).toEqual([
    409,
    'VERSION_CONFLICT',
    'for Monday',
  ]);
  const done = await call('PATCH', `${one}/complete`, { completed: true });
  expect(done.body.data.completed).toBe(true);
  const listed = await call('GET', `${tasks}?status=completed`);
  expect(listed.body.pagination).toEqual({ total: 1, limit: 50, offset: 0, next_cursor: null });

  const refused = await call('POST', tasks, { title: '', due_date: 'soon' });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ error_code: 'VALIDATION_ERROR', status_code: 422 });
  expect(typeof refused.body.detail).toBe('string');

  const gone = await call('DELETE', one);
  expect(gone.body).toEqual({ data: null, message: 'Task deleted successfully', status_code: 200 });
  const out = await call('POST', '/api/v1/auth/logout');
  expect(out.body).toEqual({ data: null, message: 'Logged out successfully', status_code: 200 });
  // Every instance refuses the token within a second.
  await expect.poll(async () => (await call('GET', tasks)).status).toBe(401);
});

test('a form that sends the whole object back, with a version and empty fields', async () => {
  const call = clientOf(await mintToken({ sub: 'form-user' }), {
    'Cache-Control': 'no-cache',
    Pragma: 'no-cache',
  });
  const tasks = '/api/v1/users/me/tasks';
  const form = {
    title: '  Pay rent  ',
    description: '',
    priority: 'Medium',
    due_date: '',
    tags: [],
    completed: false,
  };
  const { body: made } = await call('POST', `${tasks}/`, form);
  expect(made.data).toMatchObject({
    title: 'Pay rent',
    description: '',
    due_date: null,
    user_id: 'form-user',
  });

  const saved = await call('PUT', `${tasks}/${made.data.id}`, {
    ...made.data,
    due_date: '2026-12-01T00:00:00.000Z',
  });
  expect([saved.status, saved.body.data.due_date, saved.body.data.version]).toEqual([200, '2026-12-01', 2]);
  const cleared = await call('PUT', `${tasks}/${made.data.id}`, { ...saved.body.data, due_date: '' });
  expect([cleared.status, cleared.body.data.due_date]).toEqual([200, null]);

  // Two tabs that both read version 3.
  const tab = cleared.body.data;
  const tabs = await Promise.all(
    ['first', 'second'].map((title) => call('PUT', `${tasks}/${tab.id}`, { ...tab, title })),
  );
  expect(tabs.map(({ status }) => status).sort()).toEqual([200, 409]);
  const loser = tabs.find(({ status }) => status === 409);
  const { version: _, ...withoutVersion } = tab;
  const late = await call('PUT', `${tasks}/${tab.id}`, { ...withoutVersion, title: 'late' });
  expect([late.status, late.body.current]).toEqual([409, loser?.body.current]);

  const found = await call('GET', `${tasks}/?search=rent&status=pending&limit=10`);
  expect(found.body.data).toEqual([]);
  const moved = await call('PUT', `${tasks}/${tab.id}`, { ...tab, user_id: 'another' });
  expect([moved.status, moved.body.error_code]).toEqual([422, 'VALIDATION_ERROR']);
});
