/** The measured requests, as bytes of HTTP/1.1. */

import { type Random, seeded } from '../test/support/random.ts';
import { commonTag, heavyUser, searchTerms } from './seed.ts';
import { mintToken } from './server.ts';

/** A user who sends requests, and the ids of some of the user's live tasks. */
export interface ActiveUser {
  id: string;
  tasks: readonly string[];
}

/** Builds the next request on each call. */
export type Requests = () => string | Buffer;

/** A live task that its user may delete. */
export interface OwnedTask {
  user_id: string;
  id: string;
}

const heads = new Map<string, string>();

/** Header lines that all requests of a user share. The token is minted once. */
function headOf(userId: string): string {
  const existing = heads.get(userId);
  if (existing !== undefined) return existing;
  const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${mintToken(userId)}\r\n`;
  heads.set(userId, head);
  return head;
}

function request(method: string, userId: string, path: string, body?: unknown, header = ''): string {
  const start = `${method} /api/v1/users/${userId}${path} HTTP/1.1\r\n${headOf(userId)}${header}`;
  if (body === undefined) return `${start}\r\n`;
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  return `${start}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

const priorities = ['High', 'Medium', 'Low'];

/** A new task as all backends take it. */
export function newTask(random: Random) {
  return {
    title: `Call number ${random.below(1_000_000)} about the meeting`,
    description: 'Something that somebody wrote down in a hurry, to be done before the week is over',
    priority: random.pick(priorities),
    due_date: `2027-0${1 + random.below(9)}-1${random.below(10)}`,
  };
}

export const newTitle = (random: Random) => `Changed to ${random.below(1_000_000)}`;

export const newTaggedTask = (random: Random) => ({ ...newTask(random), tags: [commonTag, 'work'] });

/** A generator of requests for each operation. `etags` are those of the users' lists, for 304 responses. */
export function operations(users: readonly ActiveUser[], etags: ReadonlyMap<string, string>) {
  const random = seeded(1);
  const randomUserId = () => random.pick(users).id;
  const forRandomTask = (build: (userId: string, task: string) => string) => () => {
    const { id, tasks } = random.pick(users);
    return build(id, `/tasks/${random.pick(tasks)}`);
  };
  // Built in advance: a run sends tens of thousands of them per second.
  const lists = users.map(({ id }) => Buffer.from(request('GET', id, '/tasks')));
  const list = () => random.pick(lists);
  const gzipLists = users.map(({ id }) =>
    Buffer.from(request('GET', id, '/tasks', undefined, 'Accept-Encoding: gzip\r\n')),
  );
  const get = forRandomTask((userId, task) => request('GET', userId, task));
  const create = () => request('POST', randomUserId(), '/tasks', newTask(random));
  const createTagged = () => request('POST', randomUserId(), '/tasks', newTaggedTask(random));
  const patch = forRandomTask((userId, task) => request('PATCH', userId, task, { title: newTitle(random) }));
  const conditional = [...etags].map(([userId, etag]) =>
    Buffer.from(request('GET', userId, '/tasks', undefined, `If-None-Match: ${etag}\r\n`)),
  );
  return {
    list,
    'list, gzip': () => random.pick(gzipLists),
    'list 304': () => random.pick(conditional),
    get,
    create,
    'create, 2 tags': createTagged,
    patch,
    complete: forRandomTask((userId, task) =>
      request('PATCH', userId, `${task}/complete`, { completed: random.below(2) === 0 }),
    ),
    search: () => request('GET', randomUserId(), `/tasks?search=${searchTerms.common}`),
    tags: () => request('GET', randomUserId(), '/tags'),
    changes: () => request('GET', randomUserId(), '/changes?limit=100'),
    'bulk 100': () => {
      const all = Array.from({ length: 100 }, () => ({ op: 'create', ...newTaggedTask(random) }));
      return request('POST', randomUserId(), '/tasks/bulk', { operations: all });
    },
    mixed: mixOf(random, [
      [80, list],
      [10, get],
      [5, patch],
      [5, createTagged],
    ]),
  } satisfies Record<string, Requests>;
}

/** Deletes each of the tasks once. */
export const deletions = (tasks: readonly OwnedTask[]): Requests =>
  once(tasks, ({ user_id, id }) => request('DELETE', user_id, `/tasks/${id}`));

/** @throws if there are no more items */
export function once<Item>(items: readonly Item[], build: (item: Item) => string): Requests {
  let next = 0;
  return () => {
    const item = items[next++];
    if (item === undefined) throw new Error(`only ${items.length} tasks to delete: seed more users`);
    return build(item);
  };
}

export type Operation = keyof ReturnType<typeof operations>;

/** A random mixture; `share` is in per cent. */
function mixOf(random: Random, kinds: readonly [share: number, Requests][]): Requests {
  const weighted = kinds.flatMap(([share, make]) => Array.from({ length: share }, () => make));
  return () => random.pick(weighted)();
}

/** Requests of the user with many tasks. */
export const heavyRequests: Record<string, Requests> = {
  'list, heavy user': () => request('GET', heavyUser, '/tasks'),
  ...Object.fromEntries(
    Object.entries(searchTerms).map(([kind, term]) => [
      `search ${kind}, heavy user`,
      () => request('GET', heavyUser, `/tasks?search=${term}`),
    ]),
  ),
};

/** Logs the accounts in, one after the other. */
export function loginRequests(accounts: readonly string[], password: string): Requests {
  let next = 0;
  return () => {
    const text = JSON.stringify({ email: accounts[next++ % accounts.length], password });
    return `POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  };
}
