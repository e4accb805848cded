import { sql } from 'kysely';
import type { TestApp } from './app.ts';
import type { Client } from './tasks.ts';

interface CreatedItem {
  id: string;
  name: string;
  position: string;
  version: number;
  created_at: string;
  updated_at: string;
}

/** Requests for the projects of a client. */
export function projectsOf({ v1 }: Pick<Client, 'v1'>) {
  const create = async (path: string, body: object): Promise<CreatedItem> => {
    const reply = await v1('POST', path, body);
    if (reply.status !== 201) throw new Error(`not created: ${reply.text}`);
    return reply.body.data;
  };
  const list = async (path: string): Promise<(CreatedItem & { open_tasks: number })[]> =>
    (await v1('GET', path)).body.data;
  return {
    project: (fields: object = {}) => create('/projects', { name: 'a project', ...fields }),
    section: (projectId: string, fields: object = {}) =>
      create(`/projects/${projectId}/sections`, { name: 'a section', ...fields }),
    projects: (query = '') => list(`/projects${query}`),
    sections: (projectId: string) => list(`/projects/${projectId}/sections`),
    remove: (id: string, tasks: 'trash' | 'inbox') => v1('DELETE', `/projects/${id}?tasks=${tasks}`),
    restore: (id: string) => v1('POST', `/trash/projects/${id}/restore`),
  };
}

/** Stores projects, or sections of one, as one write would. */
export async function storeMany(
  { ctx: { db } }: TestApp,
  userId: string,
  count: number,
  projectId?: string,
): Promise<void> {
  const [table, column, value] =
    projectId === undefined
      ? [sql`duly.projects`, sql``, sql``]
      : [sql`duly.sections`, sql`project_id,`, sql`${projectId}::uuid,`];
  await sql`insert into duly.owners (user_id, revision) values (${userId}, 1) on conflict do nothing`.execute(
    db,
  );
  await sql`
    insert into ${table} (user_id, id, ${column} name, position, revision, created_at, updated_at)
    select ${userId}, gen_random_uuid(), ${value} 'x', 'b' || lpad(n::text, 2, '0'), 1, now(), now()
    from generate_series(1, ${count}::int) as n`.execute(db);
}

/** A project, a section and a view, two of each, so that the first can be moved; in the trash if that is wanted. */
export async function createItems({ v1 }: Pick<Client, 'v1'>, isTrashed: boolean) {
  const create = async (path: string, body: object = {}): Promise<string> => {
    const first = (await v1('POST', path, { name: 'x', ...body })).body.data.id;
    await v1('POST', path, { name: 'y', ...body });
    return first;
  };
  const [parent, project_id] = [await create('/projects'), await create('/projects')];
  const section_id = await create(`/projects/${parent}/sections`);
  const view_id = await create('/views', { parameters: {} });
  const trash = [`/projects/${project_id}?tasks=trash`, `/sections/${section_id}`, `/views/${view_id}`];
  if (isTrashed) for (const path of trash) await v1('DELETE', path);
  return { project_id, section_id, view_id };
}
