import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Reply, TestApp } from './app.ts';
import { openEventStream } from './events.ts';
import { readFeed } from './feed.ts';
import { operations } from './operations.ts';
import { channelsOf } from './persist-channels.ts';
import { itemsOf } from './persist-items.ts';
import { byCodePoint, type Fields, freshFields, type Kind, nouns, writableOf } from './persist-nouns.ts';
import { remindersOf } from './persist-reminders.ts';
import { occurrencesOf } from './persist-repeats.ts';
import type { Random } from './random.ts';
import { type Client, newClient, type SurfaceName } from './tasks.ts';
import { usedOperations } from './used-operations.ts';

export const surfaces: readonly SurfaceName[] = ['v1', 'bare'];

/** A subscriber's local copy: resources by type, then by id. */
type ThingsByType = Map<string, Map<string, Fields>>;

const newCopy = (): ThingsByType =>
  new Map(Object.keys(nouns).map((type) => [type, new Map<string, Fields>()]));

function apply(copy: ThingsByType, change: Fields): void {
  const things = copy.get(String(change.type));
  const thing = change[String(change.type)];
  if (things === undefined) throw new Error(`a change of an unknown type: ${change.type}`);
  if (change.op === 'delete') things.delete(String(change.id));
  else if (isFields(thing)) things.set(String(change.id), thing);
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const keyOf = (thing: Fields): string => String(thing.id ?? thing.name);
const inOrder = (things: Iterable<Fields>): Fields[] =>
  [...things].sort((a, b) => byCodePoint(keyOf(a), keyOf(b)));

export const pick = (thing: unknown, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, isFields(thing) ? thing[name] : undefined]));

/** A user, the values that tests wrote for the user, and two subscribers to the feed. */
export interface World {
  app: TestApp;
  client: Client;
  /** Kind of the values that `fresh` generates. */
  kind: Kind;
  /** Written values of live tasks, by id. */
  live: Map<string, Fields>;
  trashed: Map<string, Fields>;
  /** Placements that tasks may have, in the order in which they can be written one by one. */
  places: Fields[];
  profile: Fields;
  /** Tasks in the responses of writes, by id. */
  answered: Map<string, Fields>;
  fresh(type: string, before?: Fields): Fields;
  /** Sends a write that must succeed, and its replay under the same Idempotency-Key. */
  send(surface: SurfaceName, method: string, path: string, body?: unknown): Promise<Fields>;
  /** Records the written values and the response. @returns the task's id */
  wrote(answer: Fields, fields: Fields): string;
  /** Applies the changes up to now. @returns the local copies, by the way in which the changes were read */
  follow(): Promise<Record<string, ThingsByType>>;
}

const contentOf = (surface: SurfaceName, { body }: Reply) => (surface === 'v1' ? body.data : body);

export async function createWorld(app: TestApp, random: Random, userId?: string): Promise<World> {
  const client = await newClient(app, userId);
  const [live, trashed, answered] = [new Map(), new Map(), new Map()];
  const follow = await createSubscribers(app, client);
  const world: World = {
    app,
    client,
    kind: 'filled',
    live,
    trashed,
    answered,
    places: [],
    profile: {},
    follow,
    fresh(type, before = {}) {
      const fields = freshFields(type, world.kind, before, random);
      const [place] = world.places.filter(({ parent_id }) => parent_id !== before.parent_id);
      if (type !== 'task' || place === undefined) return fields;
      const isCleared = world.kind === 'cleared';
      return {
        ...fields,
        ...Object.fromEntries(Object.entries(place).map(([name, id]) => [name, isCleared ? null : id])),
      };
    },
    async send(surface, method, path, body) {
      const headers = { 'idempotency-key': randomUUID() };
      const first = await client[surface](method, path, body, headers);
      if (first.status >= 300) throw new Error(`${method} ${path}: ${first.status} ${first.text}`);
      const replay = await client[surface](method, path, body, headers);
      expect(replay.headers.get('idempotency-replayed')).toBe('true');
      expect([replay.status, replay.text], 'the replay').toEqual([first.status, first.text]);
      return first.text === '' ? {} : contentOf(surface, first);
    },
    wrote(answer, fields) {
      const id = keyOf(answer);
      live.set(id, { ...live.get(id), ...fields });
      answered.set(id, answer);
      return id;
    },
  };
  return world;
}

/** Two subscribers with the current data: one reads the feed, one the event stream. */
async function createSubscribers(app: TestApp, client: Client): Promise<World['follow']> {
  const [fed, streamed] = [newCopy(), newCopy()];
  let { changes, cursor } = await readFeed(client);
  const path = `${client.user.v1}/events?since=${encodeURIComponent(cursor)}`;
  const stream = await openEventStream(app.url, path, client.user.token);
  usedOperations.add('streamEvents');
  for (const change of changes) for (const copy of [fed, streamed]) apply(copy, { ...change });
  let taken = 0;
  return async () => {
    ({ changes, cursor } = await readFeed(client, { since: cursor }));
    for (const change of changes) apply(fed, { ...change });
    const last = changes.at(-1);
    if (last !== undefined) await stream.take(1, ({ id }) => id === String(last.revision));
    for (; taken < stream.events.length; taken += 1) {
      const { event, data } = stream.events[taken] ?? {};
      if (event === 'change') apply(streamed, data);
    }
    const anew = newCopy();
    for (const change of (await readFeed(client)).changes) apply(anew, { ...change });
    return { 'the feed': fed, 'an initial sync': anew, 'the stream of events': streamed };
  };
}

/** Reads twice: the second response comes from the cache, and must equal the first. */
async function ask({ client }: World, surface: SurfaceName, path: string) {
  const [first, again] = [await client[surface]('GET', path), await client[surface]('GET', path)];
  expect(first.status, `${path}: ${first.text}`).toBe(200);
  expect([again.status, again.text], `${path}, asked twice`).toEqual([200, first.text]);
  return contentOf(surface, first);
}

/** Fills the cache before a write. If the write does not raise the revision, later reads are then outdated. */
export async function warm(world: World): Promise<void> {
  const paths = [
    '/tasks?limit=100',
    '/tags?limit=100',
    ...[...world.live.keys()].map((id) => `/tasks/${id}`),
  ];
  const asked = surfaces.flatMap((surface) => paths.map((path) => ask(world, surface, path)));
  await Promise.all([...asked, ask(world, 'v1', ''), ask(world, 'v1', '/trash?limit=100')]);
}

/** The tags of the live tasks, with their counts. */
export function tagsOf(live: World['live']): Fields[] {
  const names = [...live.values()].flatMap(({ tags }) => (Array.isArray(tags) ? tags.map(String) : []));
  return [...new Set(names)].map((name) => ({
    name,
    usage_count: names.filter((one) => one === name).length,
  }));
}

const enumOf = (name: string): unknown[] => {
  const { parameters } = operations.find(({ operationId }) => operationId === 'listTasks') ?? {};
  return parameters?.find((one) => one.name === name)?.schema.enum ?? [];
};
const sorts = enumOf('sort_by').flatMap((key) =>
  enumOf('sort_direction').map((direction) => `sort_by=${key}&sort_direction=${direction}`),
);

/** Every response of a surface that shows whole live tasks. */
async function waysOfTasks(world: World, surface: SurfaceName): Promise<[way: string, Fields[]][]> {
  const { client, live } = world;
  const ids = [...live.keys()];
  const list = (query: string): Promise<Fields[]> => ask(world, surface, `/tasks?limit=100&${query}`);
  const titles = [...live.values()].map(({ title }) => encodeURIComponent(String(title)));
  const [got, found, late] = await Promise.all([
    Promise.all(ids.map((id) => ask(world, surface, `/tasks/${id}`))),
    Promise.all(titles.map((title) => list(`search=${title}`))),
    Promise.all(ids.map((id) => client[surface]('PATCH', `/tasks/${id}`, outdated))),
  ]);
  // One by one: a server that has just begun may need more than the 2 s after which it answers 503 for all at once.
  const sorted: [sort: string, tasks: Fields[]][] = [];
  for (const sort of sorts) sorted.push([sort, await list(sort)]);
  const byId = new Map(found.flat().map((task) => [keyOf(task), task]));
  return [
    [`${surface} get`, got],
    [`${surface} search`, [...byId.values()]],
    [`${surface} current`, late.map(({ body }) => body.current)],
    ...sorted.map(([sort, tasks]): [string, Fields[]] => [`${surface} ${sort}`, tasks]),
  ];
}

const outdated = { version: 2_147_483_647 };

async function currentInBulk({ client, live }: World): Promise<Fields[]> {
  const operations = [...live.keys()].map((id) => ({ op: 'delete', id, ...outdated }));
  if (operations.length === 0) return [];
  const { body } = await client.v1('POST', '/tasks/bulk', { operations });
  return body.data.map(({ error }: { error: Fields }) => error.current);
}

/** Compares all responses with each other, with the written values and with the stored rows. */
export async function check(world: World): Promise<void> {
  const { client, live, answered } = world;
  const ids = [...live.keys()];
  const tasks: Fields[] = inOrder(
    await Promise.all(ids.map((id) => client.get(id).then((task) => ({ ...task })))),
  );
  const profile: Fields = await ask(world, 'v1', '');
  for (const task of tasks) {
    const fields = live.get(keyOf(task)) ?? {};
    expect(pick(task, Object.keys(fields)), 'the task').toEqual(fields);
    expect(answered.get(keyOf(task)) ?? task, 'the answer to the write').toEqual(task);
  }
  expect(profile).toMatchObject(world.profile);
  for (const surface of surfaces)
    for (const [way, shown] of await waysOfTasks(world, surface)) expect(inOrder(shown), way).toEqual(tasks);
  expect(inOrder(await currentInBulk(world)), 'current in bulk').toEqual(tasks);
  const tags = inOrder(tagsOf(live));
  for (const surface of surfaces)
    expect(await ask(world, surface, '/tags?limit=100'), `${surface} tags`).toEqual(tags);
  const items = Object.entries(await itemsOf(world)).map(([type, found]) => [type, inOrder(found)]);
  const known: Record<string, Fields[]> = {
    ...Object.fromEntries(items),
    ...{ profile: [profile], tag: tags, task: tasks, occurrence: inOrder(await occurrencesOf(world)) },
    reminder: inOrder(await remindersOf(world)),
    channel: inOrder(await channelsOf(world)),
  };
  for (const [way, copy] of Object.entries(await world.follow()))
    for (const [type, things] of copy)
      expect(inOrder(things.values()), `${way}: ${type}`).toEqual(known[type]);
  await checkTrash(world);
  await checkRows(world);
}

async function checkTrash(world: World): Promise<void> {
  const found: Fields[] = await ask(world, 'v1', '/trash?limit=100');
  expect(found.map(keyOf).sort(), 'the trash').toEqual([...world.trashed.keys()].sort());
  for (const task of found) {
    const fields = world.trashed.get(keyOf(task)) ?? {};
    expect(pick(task, Object.keys(fields)), 'the trash').toEqual(fields);
    for (const surface of surfaces)
      expect((await world.client[surface]('GET', `/tasks/${keyOf(task)}`)).status).toBe(404);
  }
}

/** Maps properties without a column of the same name to where they are stored. */
async function checkRows({ app, client, live, trashed, profile }: World): Promise<void> {
  const { db } = app.ctx;
  const userId = client.user.id;
  const tasks = await sql<{ id: string; row: Fields }>`
    select t.id, to_jsonb(t) || jsonb_build_object('completed', t.completed_at is not null, 'tags', array(
      select name from duly.task_tags where user_id = ${userId} and task_id = t.id order by name)) as row
    from duly.tasks t where t.user_id = ${userId}`.execute(db);
  const written = new Map([...live, ...trashed]);
  expect(tasks.rows.map(({ id }) => id).sort(), 'rows').toEqual([...written.keys()].sort());
  for (const { id, row } of tasks.rows) {
    expect(row.deleted_at !== null).toBe(trashed.has(id));
    expect(pick(row, Object.keys(writableOf('task'))), 'the row').toEqual(written.get(id));
  }
  const profiles = await sql<{ row: Fields }>`
    select to_jsonb(p) || case when a.id is null then '{}'
      else jsonb_build_object('first_name', a."firstName", 'last_name', a."lastName") end as row
    from duly.profiles p left join better_auth."user" a on a.id = p.user_id where p.user_id = ${userId}`.execute(
    db,
  );
  if (profiles.rows[0] !== undefined) expect(profiles.rows[0].row, 'the row').toMatchObject(profile);
}
