import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { createLocalCopy, readFeed, readUserData } from '../support/feed.ts';
import { projectsOf, storeMany } from '../support/projects.ts';
import { locsOf, newClient } from '../support/tasks.ts';
import { comparableResult } from '../support/trash.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function newProject() {
  const client = await newClient(app);
  const helpers = projectsOf(client);
  return { client, ...helpers, projectId: (await helpers.project()).id };
}

test('a section is created in its project, listed in order with its open tasks, and read back', async () => {
  const { client, projectId, section, sections } = await newProject();
  const reply = await client.v1('POST', `/projects/${projectId}/sections`, { name: ' one ' });
  expect([reply.status, reply.headers.get('etag')]).toEqual([201, '"1"']);
  const one = reply.body.data;
  expect(one).toEqual({
    ...{ id: expect.any(String), user_id: client.user.id, project_id: projectId, name: 'one' },
    ...{ position: expect.any(String), version: 1, created_at: one.updated_at, updated_at: one.created_at },
  });
  expect((await client.follow(reply.headers.get('location') ?? '')).body.data).toEqual(one);
  const two = await section(projectId, { name: 'two' });
  await client.create({ project_id: projectId, section_id: two.id });
  await client.create({ section_id: two.id, completed: true });
  expect(await sections(projectId)).toEqual([
    { ...one, open_tasks: 0 },
    { ...two, open_tasks: 1 },
  ]);
  const moved = await client.v1('POST', `/sections/${two.id}/move`, { after: null });
  expect(moved.body.data.version).toBe(2);
  expect((await sections(projectId)).map(({ name }) => name)).toEqual(['two', 'one']);
});

test('a section stays in its project: another project_id is refused, the same one is not', async () => {
  const { client, projectId, project, section } = await newProject();
  const { id } = await section(projectId);
  const { id: elsewhere } = await project();
  const refused = await client.v1('PATCH', `/sections/${id}`, { project_id: elsewhere });
  expect([refused.status, locsOf(refused.body.errors)]).toEqual([422, ['body.project_id']]);
  const renamed = await client.v1('PATCH', `/sections/${id}`, {
    name: 'new',
    project_id: projectId,
    open_tasks: 3,
  });
  expect(renamed.body.data).toMatchObject({ name: 'new', version: 2 });
  const { id: other } = await section(elsewhere);
  const across = await client.v1('POST', `/sections/${id}/move`, { after: other });
  expect([across.status, locsOf(across.body.errors)]).toEqual([422, ['body.after']]);
});

test('of somebody else, or of a project in the trash, is not found in the same words', async () => {
  const [{ client }, other] = [await newProject(), await newProject()];
  const { id } = await other.section(other.projectId);
  const ways = [
    ['GET', '/sections/ID'],
    ['PATCH', '/sections/ID', { name: 'x' }],
    ['DELETE', '/sections/ID'],
    ['POST', '/sections/ID/move', { after: null }],
    ['POST', '/trash/sections/ID/restore'],
    ['DELETE', '/trash/sections/ID'],
  ] as const;
  const askAll = (one: typeof client, sectionId: string) =>
    Promise.all(
      ways.map(async ([method, path, body]) =>
        comparableResult(await one.v1(method, path.replace('ID', sectionId), body)),
      ),
    );
  const unknown = await askAll(client, randomUUID());
  expect(unknown.map(({ status }) => status)).toEqual(ways.map(() => 404));
  expect(await askAll(client, id)).toEqual(unknown);
  await other.remove(other.projectId, 'inbox');
  expect(await askAll(other.client, id)).toEqual(unknown);
});

test('a deletion leaves the tasks in the project, and a restore takes back those that nobody moved', async () => {
  const { client, projectId, section } = await newProject();
  const copy = createLocalCopy();
  const [{ id }, { id: other }] = [await section(projectId), await section(projectId)];
  const stays = await client.create({ section_id: id });
  const below = await client.create({ parent_id: stays.id });
  const leaves = await client.create({ section_id: id });
  expect((await client.v1('DELETE', `/sections/${id}`, { version: 1 })).status).toBe(200);
  for (const task of [stays, below, leaves])
    expect(await client.get(task.id)).toMatchObject({
      project_id: projectId,
      section_id: null,
      version: task.version + 1,
    });
  expect((await client.v1('GET', '/trash/sections')).body.data).toMatchObject([{ id, version: 2 }]);
  await client.v1('PATCH', `/tasks/${leaves.id}`, { section_id: other });
  const late = await client.create({ parent_id: stays.id });
  expect((await client.v1('POST', `/trash/sections/${id}/restore`)).body.data).toMatchObject({
    id,
    version: 3,
  });
  for (const task of [stays, below, late])
    expect(await client.get(task.id)).toMatchObject({ section_id: id });
  expect(await client.get(leaves.id)).toMatchObject({ section_id: other });
  for (const change of (await readFeed(client)).changes) copy.apply(change);
  expect(copy.known()).toEqual(await readUserData(client));
  const entries = await auditEntriesOf(app.ctx.db, client.user.id);
  expect(entries.filter(({ action }) => /section\.(delete|restore)/.test(action))).toMatchObject([
    { action: 'section.delete', subject: id, count: 4 },
    { action: 'section.restore', subject: id, count: 3 },
  ]);
});

test('a section of a project in the trash comes back only with it, and then to its own place in the trash', async () => {
  const { client, projectId, section, remove, restore, sections } = await newProject();
  const [{ id }, { id: before }] = [await section(projectId), await section(projectId)];
  const task = await client.create({ section_id: before });
  await client.v1('DELETE', `/sections/${before}`);
  await remove(projectId, 'inbox');
  const alone = await client.v1('POST', `/trash/sections/${before}/restore`);
  expect([alone.status, alone.body.detail]).toEqual([404, 'Project not found']);
  await restore(projectId);
  expect((await sections(projectId)).map((one) => one.id)).toEqual([id]);
  expect((await client.v1('POST', `/trash/sections/${before}/restore`)).status).toBe(200);
  expect(await client.get(task.id)).toMatchObject({ project_id: projectId, section_id: before });
  await client.v1('DELETE', `/sections/${before}`);
  expect((await client.v1('DELETE', `/trash/sections/${before}`)).status).toBe(200);
  expect(await client.get(task.id)).toMatchObject({ section_id: null });
});

test('of parallel creates at one less than 100 sections, exactly one succeeds; other projects have room', async () => {
  const { client, projectId, project, section } = await newProject();
  await storeMany(app, client.user.id, 99, projectId);
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => client.v1('POST', `/projects/${projectId}/sections`, { name: 'x' })),
  );
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  const refused = replies.find(({ status }) => status === 409);
  expect(refused?.body.error_code).toBe('LIMIT_EXCEEDED');
  await section((await project()).id);
});
