import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { asAdmin } from '../support/database.ts';
import { projectsOf } from '../support/projects.ts';
import { watchWork } from '../support/statement-work.ts';
import { type Client, newClient } from '../support/tasks.ts';

// The planner goes by statistics. Those of an almost empty database made it compare all tasks of a new user with all.

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Each kind of row that the planner may think is rare. */
async function createFewTasks(): Promise<void> {
  const client = await newClient(app);
  const { project, section, remove, restore } = projectsOf(client);
  const { id } = await project();
  const { id: section_id } = await section(id);
  const top = await client.create({ title: 'top', project_id: id, section_id, tags: ['a'] });
  await client.create({ title: 'below', parent_id: top.id });
  await remove(id, 'trash');
  await restore(id);
  await remove(id, 'inbox');
}

/** From now on they are renewed by the application only. */
async function freezeStatistics(): Promise<void> {
  const { database } = app.database.connection;
  await asAdmin(
    `do $$ declare t text; begin
      for t in select format('duly.%I', relname) from pg_class
        where relnamespace = 'duly'::regnamespace and relkind = 'r'
      loop execute format('alter table %s set (autovacuum_enabled = false)', t); execute 'analyze ' || t; end loop;
    end $$`,
    database,
  );
}

const count = 1_500;

/** A project with a section, a tenth of its tasks with ten subtasks each, and tags on all. */
async function createManyTasks(client: Client): Promise<{ id: string; section_id: string }> {
  const { project, section } = projectsOf(client);
  const { id } = await project();
  const { id: section_id } = await section(id);
  const parents: string[] = [];
  for (let done = 0; done < count; done += 100) {
    const operations = Array.from({ length: 100 }, (_, n) => ({
      ...{ op: 'create', title: `task ${done + n}`, tags: ['all', `t${n % 7}`], due_date: '2090-01-01' },
      ...(done === 0 ? { project_id: id, section_id } : { parent_id: parents[(done + n) % parents.length] }),
    }));
    const { status, body } = await client.v1('POST', '/tasks/bulk', { operations });
    expect(status).toBe(200);
    if (done === 0) parents.push(...body.data.map((result: { id: string }) => result.id));
  }
  await app.ctx.statistics.close();
  return { id, section_id };
}

// On Citus the plans are those of its nodes, and servers of others may lack the library.
test.skipIf(inject('template') === null)(
  'no operation compares all tasks of a user with all, whatever the statistics were before they came',
  async () => {
    for (let users = 0; users < 6; users += 1) await createFewTasks();
    await freezeStatistics();
    const client = await newClient(app);
    const { v1 } = client;
    const { remove, restore } = projectsOf(client);
    const { id, section_id } = await createManyTasks(client);
    const work = await watchWork(app, client.user.id);
    const operations: [string, () => ReturnType<Client['v1']>][] = [
      ['list', () => v1('GET', '/tasks?limit=100')],
      ['list by title', () => v1('GET', '/tasks?limit=100&sort_by=title')],
      ['search', () => v1('GET', '/tasks?limit=100&search=task')],
      ['list of a tag', () => v1('GET', '/tasks?limit=100&tags=all')],
      ['feed', () => v1('GET', '/changes?limit=100')],
      ['projects', () => v1('GET', '/projects')],
      ['rename a tag', () => v1('PATCH', '/tags/all', { name: 'every' })],
      ['delete a section', () => v1('DELETE', `/sections/${section_id}`)],
      ['restore a section', () => v1('POST', `/trash/sections/${section_id}/restore`)],
      ['delete a project, tasks to the inbox', () => remove(id, 'inbox')],
      ['restore it', () => restore(id)],
      ['delete a project with its tasks', () => remove(id, 'trash')],
      ['trash', () => v1('GET', '/trash?limit=100')],
      ['restore them', () => restore(id)],
      ['delete a tag', () => v1('DELETE', '/tags/every')],
      ['delete a project again', () => remove(id, 'trash')],
      ['purge it', () => v1('DELETE', `/trash/projects/${id}`)],
    ];
    const most: Record<string, number> = {};
    for (const [name, send] of operations) {
      expect((await send()).status, name).toBe(200);
      most[name] = (await work()) / count;
    }
    const again = await createManyTasks(client);
    await remove(again.id, 'trash');
    await work();
    expect((await v1('DELETE', '/trash')).status).toBe(200);
    most['empty the trash'] = (await work()) / count;
    expect(Object.values(most).every((rows) => rows > 0)).toBe(true);
    // Rows for each task. All with all are 1,500.
    expect(Object.entries(most).filter(([, rows]) => rows > 50)).toEqual([]);
  },
);
