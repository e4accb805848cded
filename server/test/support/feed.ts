import type { Change } from '../../src/feed/model.ts';
import type { Client } from './tasks.ts';

/** A user's data in a comparable form. */
export interface UserData {
  tasks: unknown[];
  tags: unknown[];
  profile: unknown;
}

/** The local copy of a client that applies the feed. */
export function createLocalCopy() {
  const stored = {
    task: new Map<string, unknown>(),
    tag: new Map<string, unknown>(),
    profile: new Map<string, unknown>(),
    project: new Map<string, unknown>(),
    section: new Map<string, unknown>(),
    view: new Map<string, unknown>(),
  };
  const inOrder = (things: Map<string, unknown>) =>
    [...things].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, thing]) => thing);
  return {
    apply(change: Change): void {
      const { type, id, op, [type]: thing } = change;
      if (op === 'delete') stored[type].delete(id);
      else if (thing === undefined) throw new Error(`an upsert without its ${type}`);
      else stored[type].set(id, thing);
    },
    clear(): void {
      for (const things of Object.values(stored)) things.clear();
    },
    known: (): UserData => ({
      tasks: inOrder(stored.task),
      tags: inOrder(stored.tag),
      profile: stored.profile.values().next().value,
    }),
  };
}

export type LocalCopy = ReturnType<typeof createLocalCopy>;

/** The same data, read from the server's lists. */
export async function readUserData({ v1 }: Pick<Client, 'v1'>): Promise<UserData> {
  const tasks: { id: string }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await v1('GET', `/tasks?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    tasks.push(...body.data);
    cursor = body.pagination.next_cursor;
  }
  tasks.sort((a, b) => (a.id < b.id ? -1 : 1));
  const tags = (await v1('GET', '/tags?limit=100')).body.data;
  const profile = (await v1('GET', '')).body.data;
  return { tasks, tags, profile };
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
