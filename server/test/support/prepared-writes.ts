import type { Reply } from './app.ts';
import type { Client } from './tasks.ts';
import { createTrashedTasks } from './trash.ts';

/** Creates what a write changes, and gives a function that sends the write. */
export type PrepareWrite = (client: Client) => Promise<() => Promise<Reply>>;

export const onTask =
  (method: string, suffix: string, body?: object, headers: Record<string, string> = {}): PrepareWrite =>
  async ({ create, v1 }) => {
    const { id } = await create({ title: 'old', tags: ['a'] });
    return () => v1(method, `/tasks/${id}${suffix}`, body, headers);
  };

export const onTrash =
  (method: string, suffix: string): PrepareWrite =>
  async (client) => {
    const [task] = await createTrashedTasks(client, { tags: ['a'] });
    return () => client.v1(method, `/trash/${task?.id}${suffix}`);
  };

export const onTag =
  (method: string, body?: object): PrepareWrite =>
  async ({ create, v1 }) => {
    await create({ tags: ['a'] });
    return () => v1(method, '/tags/a', body);
  };

/** The same for a project with a section and a task with a subtask. `PROJECT` and `SECTION` are their ids. */
export const onProject =
  (method: string, path: string, body?: object, headers: Record<string, string> = {}): PrepareWrite =>
  async ({ create, v1 }) => {
    const { id } = (await v1('POST', '/projects', { name: 'old' })).body.data;
    const section = (await v1('POST', `/projects/${id}/sections`, { name: 'old' })).body.data;
    await v1('POST', '/projects', { name: 'other' });
    const { id: parent_id } = await create({ section_id: section.id, tags: ['a'] });
    await create({ parent_id });
    if (path.startsWith('/trash')) await v1('DELETE', `/projects/${id}?tasks=trash`);
    return () => v1(method, path.replace('PROJECT', id).replace('SECTION', section.id), body, headers);
  };
