import { type Change, nouns } from '../../src/feed/model.ts';
import type { Client } from './tasks.ts';

/** A user's data in a comparable form: the things of each noun by id, or by name. */
export type UserData = Record<Change['type'], unknown[]>;

/** The local copy of a client that applies the feed. */
export function createLocalCopy() {
  const stored = new Map(nouns.map(({ type }) => [type, new Map<string, unknown>()]));
  const inOrder = (things: Map<string, unknown>) =>
    [...things].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, thing]) => thing);
  return {
    apply(change: Change): void {
      const { type, id, op } = change;
      const things = stored.get(type) ?? new Map<string, unknown>();
      if (op === 'delete') things.delete(id);
      else if (change[type] === undefined) throw new Error(`an upsert without its ${type}`);
      else things.set(id, change[type]);
    },
    clear(): void {
      for (const things of stored.values()) things.clear();
    },
    known: (): UserData =>
      Object.fromEntries([...stored].map(([type, things]) => [type, inOrder(things)])) as UserData,
  };
}

export type LocalCopy = ReturnType<typeof createLocalCopy>;

/** The same data, read from the server's lists. */
export async function readUserData({ v1 }: Pick<Client, 'v1'>): Promise<UserData> {
  const readAll = async (path: string) => {
    const items: { id: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await v1('GET', `${path}limit=100${page}`);
      items.push(...body.data);
      cursor = body.pagination.next_cursor;
    }
    return items.sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  const counted = async (path: string) =>
    (await readAll(path)).map((item) => {
      Reflect.deleteProperty(item, 'open_tasks');
      return item;
    });
  const project = await counted('/projects?archived=show&');
  const sections = await Promise.all(project.map(({ id }) => counted(`/projects/${id}/sections?`)));
  const task = await readAll('/tasks?archived=show&');
  // Only of tasks that repeat: there may be ten thousand others.
  const repeating = task.filter((each) => Reflect.get(each, 'recurrence') !== null);
  const occurrences = await Promise.all(repeating.map(({ id }) => readAll(`/tasks/${id}/occurrences?`)));
  return {
    task,
    occurrence: occurrences.flat().sort((a, b) => (a.id < b.id ? -1 : 1)),
    // Without those of tasks in the trash, which the feed has.
    reminder: await readAll('/reminders?'),
    project,
    section: sections.flat().sort((a, b) => (a.id < b.id ? -1 : 1)),
    view: (await v1('GET', '/views')).body.data,
    channel: (await readAll('/channels?')).sort((a, b) => (a.id < b.id ? -1 : 1)),
    tag: (await v1('GET', '/tags?limit=100')).body.data,
    profile: [(await v1('GET', '')).body.data],
  };
}

export interface FeedReply {
  data: Change[];
  next_cursor: string;
  has_more: boolean;
}

/** One page of the feed. */
export async function readFeedPage(
  { v1 }: Pick<Client, 'v1'>,
  since?: string,
  query = '',
): Promise<FeedReply> {
  const cursor = since === undefined ? '' : `&since=${encodeURIComponent(since)}`;
  const { status, body, text } = await v1('GET', `/changes?${query}${cursor}`);
  if (status !== 200) throw new Error(`no changes: ${text}`);
  return body;
}

/** Every page from a cursor, or from the start. `between` runs after each page but the last. */
export async function readFeed(
  client: Pick<Client, 'v1'>,
  { since, query, between }: { since?: string; query?: string; between?: () => Promise<unknown> } = {},
): Promise<{ changes: Change[]; cursor: string }> {
  const changes: Change[] = [];
  for (let cursor = since; ; ) {
    const page = await readFeedPage(client, cursor, query);
    changes.push(...page.data);
    cursor = page.next_cursor;
    if (!page.has_more) return { changes, cursor };
    await between?.();
  }
}
