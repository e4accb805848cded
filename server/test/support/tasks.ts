import type { Task } from '../../src/tasks/model.ts';
import type { Reply, TestApp } from './app.ts';

type Headers = Record<string, string>;

/** A new user, and requests for tasks and tags in the user's name. */
export async function newClient(app: TestApp, id?: string) {
  const user = await app.newUser(id);
  const { token, id: userId } = user;
  const below =
    (base: string) =>
    (method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Reply> =>
      app.request(method, base + path, { token, body, headers });
  const v1 = below(user.v1);
  const bare = below(user.bare);
  const { db } = app.ctx;

  return {
    user,
    v1,
    bare,
    /** Follows the URL of a `Link` or `Location` header. */
    follow: (target: string): Promise<Reply> => app.request('GET', target, { token }),
    async create(fields: Record<string, unknown> = {}): Promise<Task> {
      const reply = await v1('POST', '/tasks', { title: 'a task', ...fields });
      if (reply.status !== 201) throw new Error(`not created: ${reply.text}`);
      return reply.body.data;
    },
    async get(id: string): Promise<Task> {
      return (await v1('GET', `/tasks/${id}`)).body.data;
    },
    async list(query = ''): Promise<Task[]> {
      const reply = await v1('GET', `/tasks${query}`);
      if (reply.status !== 200) throw new Error(`not listed: ${reply.text}`);
      return reply.body.data;
    },
    async tags(query = ''): Promise<{ name: string; usage_count: number }[]> {
      return (await v1('GET', `/tags${query}`)).body.data;
    },
    /** The user's stored revision: the number of effective writes. */
    async revision(): Promise<number> {
      const owner = await db
        .selectFrom('duly.owners')
        .select('revision')
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return Number(owner?.revision ?? 0);
    },
    /** All stored rows of the user, to prove that a refused request changed none. */
    async stored() {
      return {
        owners: await db.selectFrom('duly.owners').selectAll().where('user_id', '=', userId).execute(),
        tasks: await db
          .selectFrom('duly.tasks')
          .selectAll()
          .where('user_id', '=', userId)
          .orderBy('id')
          .execute(),
        tags: await db
          .selectFrom('duly.tags')
          .selectAll()
          .where('user_id', '=', userId)
          .orderBy('name')
          .execute(),
        taskTags: await db
          .selectFrom('duly.task_tags')
          .selectAll()
          .where('user_id', '=', userId)
          .orderBy('task_id')
          .orderBy('name')
          .execute(),
      };
    },
  };
}

export type Client = Awaited<ReturnType<typeof newClient>>;

/** The URLs of a `Link` header by `rel`. */
export function linksOf(reply: Reply | undefined): Partial<Record<string, string>> {
  const links = (reply?.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g);
  return Object.fromEntries([...links].map(([, target, rel]) => [rel, target]));
}

export const locsOf = (issues: { loc: unknown[] }[]): string[] => issues.map(({ loc }) => loc.join('.'));

export type SurfaceName = 'v1' | 'bare';

/** Status of an invalid field or parameter, by surface. */
export const invalidStatus = { v1: 422, bare: 400 } as const;

/** The fields that a validation error names. */
export const issueLocationsOf = (surface: SurfaceName, { body }: Reply): string[] =>
  locsOf(surface === 'v1' ? body.errors : body.detail);
