import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { startApp, type TestApp } from './app.ts';
import { createClient, type RawClient, type RawReply } from './client.ts';
import { isOfRepeating } from './repeats.ts';
import { createRows, type UserRows } from './user-rows.ts';

export interface Tenant {
  id: string;
  token: string;
  /** Identifiers of the user's data that another user could send, by the name of the path parameter. */
  names: Record<string, string>;
}

/** Differs from the examples of openapi.json. */
const password = 'plucky-heron-77';

/** Texts that only this user's own responses may contain. No other user sends them. */
export const secretsOf = (label: string) =>
  ['title', 'description', 'first', 'last'].map((field) => `${field} of ${label} is private`);

export interface Tenants {
  app: TestApp;
  client: RawClient;
  rows: UserRows;
  victim: Tenant;
  /** A user without any stored data. */
  deleted: Tenant;
  newTenant(label: string): Promise<Tenant>;
  newAdmin(label: string): Promise<Tenant>;
  close(): Promise<void>;
}

/** An app with accounts that have data of every kind. */
export async function createTenants(env: Record<string, string> = {}): Promise<Tenants> {
  const app = await startApp(env);
  const { db } = app.ctx;
  const client = createClient(app.url, 8);
  const rows = await createRows(db, app.database.connection.database);
  const newTenant = (label: string) => makeTenant(app, label);
  const deleted = await newTenant('the deleted');
  await rows.remove(deleted.id);
  return {
    app,
    client,
    rows,
    victim: await newTenant('the victim'),
    deleted,
    newTenant,
    async newAdmin(label) {
      const { id, names, ...rest } = await newTenant(label);
      await sql`update better_auth."user" set role = 'admin' where id = ${id}`.execute(db);
      const body = { email: names.email, password };
      const { access_token: token } = (await app.request('POST', '/api/v1/auth/login', { body })).body;
      return { ...rest, id, names, token };
    },
    async close() {
      client.close();
      await app.close();
    },
  };
}

async function makeTenant(app: TestApp, label: string): Promise<Tenant> {
  const [title, description, first_name, last_name] = secretsOf(label);
  const email = `${randomUUID()}@example.com`;
  const registered = await app.request('POST', '/api/v1/auth/register', {
    body: { email, password, first_name, last_name },
  });
  const { access_token: token, user } = registered.body;
  const tag = `tag-${randomUUID()}`;
  const tasks = `/api/v1/users/${user.id}/tasks`;
  const ids: string[] = [];
  const repeat = { due_date: '2030-01-01', recurrence: 'FREQ=DAILY' };
  for (const extra of [{ due_date: '2030-01-01' }, { completed: true }, { priority: 'High', ...repeat }]) {
    const body = { title, description, tags: [tag], ...extra };
    ids.push((await app.request('POST', tasks, { token, body })).body.data.id);
  }
  await app.request('POST', `${tasks}/${ids[2]}/occurrences/skip`, { token });
  const reminder = { relative_to: 'due', minutes_before: 30 };
  const reminded = await app.request('POST', `${tasks}/${ids[0]}/reminders`, { token, body: reminder });
  const body = { title, description, tags: [tag] };
  const trashed = (await app.request('POST', tasks, { token, body })).body.data.id;
  await app.request('DELETE', `${tasks}/${trashed}`, { token });
  const more = await makeItems(app, user.id, token, title);
  const page = await app.request('GET', `${tasks}?limit=1`, { token });
  const feed = await app.request('GET', `/api/v1/users/${user.id}/changes`, { token });
  const { rows } = await sql<{ id: string; token: string }>`
    select id, token from better_auth.session where "userId" = ${user.id}`.execute(app.ctx.db);
  return {
    id: user.id,
    token,
    names: {
      user_id: user.id,
      task_id: ids[0] ?? '',
      reminder_id: requireData(reminded).id,
      repeating_id: ids[2] ?? '',
      trashed_id: trashed,
      ...more,
      tag_name: tag,
      session_id: rows[0]?.id ?? '',
      session_token: rows[0]?.token ?? '',
      invitation_id: randomUUID(),
      email,
      cursor: page.body.pagination.next_cursor,
      since: feed.body.next_cursor,
    },
  };
}

/** Projects, sections and views, of each a live one and one in the trash; and a channel. */
export async function makeItems(app: TestApp, userId: string, token: string, name: string | undefined) {
  const base = `/api/v1/users/${userId}`;
  const create = async (path: string, body: object): Promise<string> =>
    requireData(await app.request('POST', `${base}${path}`, { token, body: { name, ...body } })).id;
  const remove = (path: string) => app.request('DELETE', `${base}${path}`, { token });
  const [project_id, trashed_project_id] = [await create('/projects', {}), await create('/projects', {})];
  const sections = `/projects/${project_id}/sections`;
  const [section_id, trashed_section_id] = [await create(sections, {}), await create(sections, {})];
  const parameters = { search: name };
  const [view_id, trashed_view_id] = [
    await create('/views', { parameters }),
    await create('/views', { parameters }),
  ];
  // A user may have few of them.
  const channels = await app.request('GET', `${base}/channels`, { token });
  const webhook = { type: 'webhook', url: 'https://hooks.example/duly' };
  const channel_id = channels.body.data?.[0]?.id ?? (await create('/channels', webhook));
  await remove(`/projects/${trashed_project_id}?tasks=trash`);
  await remove(`/sections/${trashed_section_id}`);
  await remove(`/views/${trashed_view_id}`);
  const live = { project_id, section_id, view_id, channel_id };
  return { ...live, trashed_project_id, trashed_section_id, trashed_view_id };
}

/** The response without the parts that differ between requests, and between connections: some are closed. */
export function comparableReply({ status, text, headers }: RawReply) {
  const { 'x-request-id': _, date: __, connection: ___, 'keep-alive': ____, ...rest } = headers;
  return { status, headers: rest, body: text.replace(/"(timestamp|request_id)":"[^"]*"/g, '') };
}

/** The key in `names` for a path's parameter. */
export function keyOf(path: string, parameter: string): string {
  if (parameter === 'name') return 'tag_name';
  if (parameter === 'task_id' && isOfRepeating({ path })) return 'repeating_id';
  if (path.includes(`/trash/{${parameter}}`)) return 'trashed_id';
  return /\/trash\/\w+\/\{/.test(path) && parameter !== 'user_id' ? `trashed_${parameter}` : parameter;
}

export function nameIn({ names }: Tenant, path: string, parameter: string): string {
  const name = names[keyOf(path, parameter)];
  if (name === undefined) throw new Error(`say in test/support/tenants.ts what {${parameter}} of a user is`);
  return name;
}

export const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

/** The tenant's values for each parameter of a path. */
export const namesIn = (tenant: Tenant, path: string): Record<string, string> =>
  Object.fromEntries(parametersOf(path).map((name) => [name, nameIn(tenant, path, name)]));

function requireData({
  status,
  text,
  body,
}: {
  status: number;
  text: string;
  body: { data?: { id: string } };
}) {
  if (body.data === undefined) throw new Error(`${status} ${text}`);
  return body.data;
}
