import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/tasks/model.ts';
import { createBrowser, password, registerAccount } from './accounts.ts';
import type { TestApp } from './app.ts';
import { createClient, type RawReply } from './client.ts';
import { History, type ReadContent, type ReadRequest } from './history.ts';
import type { Random } from './random.ts';
import { type ListQuery, queryString } from './task-model.ts';
import { addDays } from './user-clock.ts';

const tagNames = ['home', 'work', 'garden'];
const queries: ListQuery[] = [
  {},
  { limit: 5 },
  { limit: 3, offset: 3 },
  { status: 'pending' },
  { search: 'a' },
  { tags: ['home'] },
  { tags: ['home', 'work'], tags_match: 'all' },
  { sort_by: 'title', sort_direction: 'asc' },
  { priority: 'High', sort_by: 'updated_at' },
  { due: 'overdue' },
  { due: 'today', deferred: 'hide' },
  { due: 'week', status: 'pending', sort_by: 'due_date', sort_direction: 'asc' },
  { deferred: 'only', limit: 5 },
];

/** Values of the profile's `time_zone`, on which some of the lists depend. */
const timeZones = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu'];

/** Values of `Accept-Encoding`; empty for none. */
const codings = ['gzip', '', 'br', 'gzip, deflate, br', 'identity', 'gzip;q=0'];

const dayFromNow = (days: number) => addDays(new Date().toISOString().slice(0, 10), days);

export interface TestClient {
  id: string;
  token: string;
  /** Part of every text of this user, and of no other user's. */
  marker: string;
  histories: History[];
  /** Ids of all tasks ever created. */
  taskIds: string[];
  /** Changes the first name through Better Auth's own route; null for users of another issuer. */
  rename: ((name: string) => Promise<void>) | null;
}

/** A read with its response and times. */
export interface Observation {
  client: TestClient;
  read: ReadRequest;
  url: string;
  from: number;
  to: number;
  status: number;
  /** The ETag without its suffix for the content coding. */
  etag: string;
  /** Undefined for a 304, which has no body. */
  content: ReadContent | undefined;
  body: string;
  /** Headers and body. */
  headersAndBody: string;
}

export function createWorkload(instances: readonly TestApp[], random: Random) {
  const clients = instances.map(({ url }) => createClient(url, 16));
  /** The latest ETag of each URL, for If-None-Match. */
  const etagsByUrl = new Map<string, string>();

  const send = (client: TestClient, method: string, path: string, body?: unknown, headers = {}) =>
    random.pick(clients).send({
      method,
      path,
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });

  async function write(client: TestClient, method: string, below: string, body?: unknown) {
    const reply = await send(client, method, `/api/v1/users/${client.id}${below}`, body);
    if (reply.status >= 300) throw new Error(`${method} ${below}: ${reply.status} ${reply.text}`);
    return JSON.parse(reply.text).data;
  }

  /** A patch has some of these groups of fields, a new task has all. */
  const fieldGroupsFor = ({ marker: mark }: TestClient) => [
    { title: `${random.pick(['buy', 'sell', 'paint'])} ${mark} ${random.below(1_000)}` },
    { priority: random.pick(['High', 'Medium', 'Low']) },
    // Without floating times: another zone of the profile would change tasks of both writers.
    random.pick([
      { due_date: null },
      { due_date: dayFromNow(random.below(4) - 2), due_time: null },
      { due_date: dayFromNow(random.below(9) - 2), due_time: '12:00', time_zone: random.pick(timeZones) },
    ]),
    { start_date: random.pick([null, dayFromNow(random.below(4) - 1)]) },
    { tags: random.some(tagNames, 0.4).toSorted() },
  ];

  /** One random write. The next state is computed from its response. */
  async function writeOnce(client: TestClient, history: History, trash: Task[]): Promise<void> {
    const { tasks, profile } = history.now;
    const others = (id: string) => tasks.filter((task) => task.id !== id);
    const dice = random.below(10);
    const task = tasks.length === 0 ? undefined : random.pick(tasks);
    if (profile !== null && dice === 0) {
      const named = { ...profile, first_name: `${client.marker} ${random.below(1_000)}` };
      const { rename } = client;
      await history.add(async () => {
        if (rename === null)
          return { profile: await write(client, 'PATCH', '', { first_name: named.first_name }) };
        await rename(named.first_name);
        return { profile: named };
      });
    } else if (profile !== null && dice === 1) {
      const fields = random.pick([
        { locale: random.pick(['de', 'fr', 'en']) },
        { time_zone: random.pick(timeZones) },
      ]);
      await history.add(async () => ({ profile: await write(client, 'PATCH', '', fields) }));
    } else if (task === undefined || (tasks.length < 12 && dice < 5)) {
      await history.add(async () => {
        const made = await write(client, 'POST', '/tasks', Object.assign({}, ...fieldGroupsFor(client)));
        client.taskIds.push(made.id);
        return { tasks: [...tasks, made] };
      });
    } else if (dice < 6) {
      trash.push(task);
      await history.add(async () => {
        await write(client, 'DELETE', `/tasks/${task.id}`);
        return { tasks: others(task.id) };
      });
    } else if (dice === 6 && trash.length > 0) {
      const { id } = trash.pop() ?? task;
      await history.add(async () => ({
        tasks: [...tasks, await write(client, 'POST', `/trash/${id}/restore`)],
      }));
    } else if (dice === 7) {
      const body = { completed: random.chance(0.5) };
      await history.add(async () => ({
        tasks: [...others(task.id), await write(client, 'PATCH', `/tasks/${task.id}/complete`, body)],
      }));
    } else {
      const fields = Object.assign({}, ...random.some(fieldGroupsFor(client), 0.4));
      await history.add(async () => ({
        tasks: [...others(task.id), await write(client, 'PATCH', `/tasks/${task.id}`, fields)],
      }));
    }
  }

  /** One random read. */
  async function readOnce(client: TestClient): Promise<Observation> {
    const isBare = random.chance(0.5);
    const base = isBare ? `/api/${client.id}` : `/api/v1/users/${client.id}`;
    const { read, below } = randomReadOf(client, isBare);
    const url = base + below;
    const tag = random.chance(0.1) ? random.pick([...etagsByUrl.values(), '"1"']) : etagsByUrl.get(url);
    const isConditional = tag !== undefined && random.chance(0.5);
    const from = performance.now();
    // Most clients send the same Accept-Encoding each time, and each coding is cached separately.
    const [usual = ''] = codings.slice(client.marker.charCodeAt(4) % codings.length);
    const coding = random.chance(0.9) ? usual : random.pick(codings);
    const reply = await send(client, 'GET', url, undefined, {
      ...(isConditional && { 'if-none-match': tag }),
      ...(coding !== '' && { 'accept-encoding': coding }),
    });
    const to = performance.now();
    const { status, text: body } = reply;
    const sent = String(reply.headers.etag ?? '');
    if (status === 200) etagsByUrl.set(url, sent);
    const etag = sent.replace(/-(?:br|gzip)"$/, '"');
    return {
      client,
      read,
      url,
      from,
      to,
      status,
      etag,
      content: contentOf(reply, read, isBare),
      body,
      headersAndBody: JSON.stringify(reply),
    };
  }

  function randomReadOf({ taskIds }: TestClient, isBare: boolean): { read: ReadRequest; below: string } {
    const dice = random.below(isBare ? 9 : 10);
    if (dice === 9) return { read: { kind: 'profile' }, below: '' };
    if (dice === 8) return { read: { kind: 'tags' }, below: '/tags' };
    if (dice >= 6 && taskIds.length > 0) {
      const id = random.pick(taskIds);
      return { read: { kind: 'task', id }, below: `/tasks/${id}` };
    }
    const query = random.pick(queries);
    return { read: { kind: 'list', query }, below: `/tasks${queryString(query)}` };
  }

  const close = () => {
    for (const client of clients) client.close();
  };
  return { writeOnce, readOnce, close };
}

function contentOf(
  { status, text, headers }: RawReply,
  { kind }: ReadRequest,
  isBare: boolean,
): ReadContent | undefined {
  if (status === 404) return null;
  if (status !== 200) return undefined;
  const body = JSON.parse(text);
  const counted = kind === 'list' || kind === 'tags';
  return { items: isBare ? body : body.data, total: counted ? Number(headers['x-total-count']) : null };
}

/** A user of another issuer, or a local account, with two writers each. */
export async function createTestClient(
  app: TestApp,
  marker: string,
  hasAccount: boolean,
): Promise<TestClient> {
  const account = hasAccount ? await registerAccount(app) : null;
  const user = account ?? (await app.newUser());
  const { body } = await app.request('GET', `/api/v1/users/${user.id}`, { token: user.token });
  const histories = [body.data, null].map((profile) => new History({ tasks: [], profile }));
  const client = { id: user.id, token: user.token, marker, histories, taskIds: [] };
  if (account === null) {
    // The first write creates the profile.
    const first = await app.request('PATCH', `/api/v1/users/${user.id}`, {
      token: user.token,
      body: { first_name: marker },
    });
    histories[0] = new History({ tasks: [], profile: first.body.data });
    return { ...client, rename: null };
  }
  const browser = createBrowser(app);
  await browser.send('POST', '/sign-in/email', { email: account.email, password });
  return {
    ...client,
    async rename(firstName) {
      const { status } = await browser.send('POST', '/update-user', { firstName });
      if (status !== 200) throw new Error(`not renamed: ${status}`);
    },
  };
}

export const newMarker = (index: number) => `user${index}${randomUUID().slice(0, 8)}`;
