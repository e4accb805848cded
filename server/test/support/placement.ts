import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Task } from '../../src/tasks/model.ts';
import type { TestApp } from './app.ts';
import type { Client } from './tasks.ts';

/** Projects and sections, inserted without a request. */
export function createPlaces(app: TestApp, { user, v1 }: Client) {
  const { db } = app.ctx;
  const own = () =>
    sql`insert into duly.owners (user_id, revision) values (${user.id}, 1) on conflict do nothing`.execute(
      db,
    );
  return {
    async project(): Promise<string> {
      const id = randomUUID();
      await own();
      await sql`insert into duly.projects (user_id, id, name, position, revision, created_at, updated_at)
        values (${user.id}, ${id}, 'a project', 'a0', 1, now(), now())`.execute(db);
      return id;
    },
    async section(projectId: string): Promise<string> {
      const id = randomUUID();
      await sql`insert into duly.sections (user_id, id, project_id, name, position, revision, created_at, updated_at)
        values (${user.id}, ${id}, ${projectId}, 'a section', 'a0', 1, now(), now())`.execute(db);
      return id;
    },
    async trash(table: 'projects' | 'sections', id: string): Promise<void> {
      await sql`update ${sql.table(`duly.${table}`)} set deleted_at = now()
        where user_id = ${user.id} and id = ${id}`.execute(db);
      // Otherwise cached responses would stay valid.
      await sql`update duly.owners set revision = revision + 1 where user_id = ${user.id}`.execute(db);
    },
    async all(): Promise<Task[]> {
      return (await v1('GET', '/tasks?limit=100')).body.data;
    },
  };
}

/** Ids of siblings in their manual order. */
export const orderOf = (tasks: readonly Task[]): string[] =>
  tasks
    .toSorted((a, b) => {
      if (a.position !== b.position) return a.position < b.position ? -1 : 1;
      return a.id < b.id ? -1 : 1;
    })
    .map(({ id }) => id);

/** The titles of the tasks below one another, such as `{ a: { b: {} } }`. */
export function treeOf(tasks: readonly Task[], parentId: string | null = null): object {
  const children = tasks.filter(({ parent_id }) => parent_id === parentId);
  return Object.fromEntries(children.map(({ id, title }) => [title, treeOf(tasks, id)]));
}
