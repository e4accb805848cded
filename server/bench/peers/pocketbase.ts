/** PocketBase, by a binary that the caller has: as it ships, and with each commit on disk as Duly's are. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../../test/support/random.ts';
import { type ActiveUser, newTaggedTask, newTitle, type OwnedTask, once } from '../requests.ts';
import { searchTerms } from '../seed.ts';
import { freePort, startProgram } from '../server.ts';
import type { Trial } from '../trial.ts';
import type { Peer } from './peer.ts';
import {
  copyRows,
  createDataDirectory,
  openTokenMint,
  pocketBaseArguments,
  pocketBaseId,
  pocketBasePart,
} from './pocketbase-data.ts';

const full = 2;

/** @returns PocketBase as it ships, and one on the same rows that syncs each commit */
export async function startPocketBases(trial: Trial, binary: string, toDelete: OwnedTask[]): Promise<Peer[]> {
  const root = mkdtempSync(join(tmpdir(), 'duly-pocketbase-'));
  const [shipped, synced] = [join(root, 'shipped'), join(root, 'synced')];
  await createDataDirectory(binary, shipped);
  await copyRows(trial.database.connection, shipped);
  cpSync(shipped, synced, { recursive: true });
  const mint = openTokenMint(shipped);
  const start = async (directory: string, more: string[]) => {
    const port = await freePort();
    const args = ['serve', '--http', `127.0.0.1:${port}`, ...pocketBaseArguments(directory), ...more];
    return startProgram(binary, args, { env: {}, port, readyPath: '/api/health' });
  };
  const servers = [
    await start(shipped, []),
    await start(synced, ['--hooksDir', pocketBasePart('hooks'), '--hooksWatch=false']),
  ];
  const response = await fetch(`http://127.0.0.1:${servers[1]?.port}/synchronous`);
  const { synchronous }: { synchronous: number } = JSON.parse(await response.text());
  if (synchronous !== full) throw new Error(`PocketBase's synchronous is ${synchronous}, not ${full}`);
  const names = ['PocketBase', 'PocketBase, synchronous=FULL'];
  return servers.map((server, index) => ({
    name: names[index] ?? '',
    server,
    requests: pocketBaseRequests(trial.users, toDelete, mint),
    readList: (userId) => readList(server.port, mint(userId)),
    wanted: index === 0 ? '≥ 1' : '≥ 1.2',
    async stop() {
      await server.stop();
      if (index === servers.length - 1) rmSync(root, { recursive: true, force: true });
    },
  }));
}

const records = '/api/collections/tasks/records';
const newest = `${records}?perPage=50&sort=-created`;

async function readList(port: number, token: string) {
  const headers = { authorization: token };
  const response = await fetch(`http://127.0.0.1:${port}${newest}`, { headers });
  const page: { items: { title: string }[]; totalItems: number } = JSON.parse(await response.text());
  const { items, totalItems } = page;
  return { total: totalItems, titles: items.map(({ title }) => title) };
}

function pocketBaseRequests(
  users: readonly ActiveUser[],
  toDelete: readonly OwnedTask[],
  mint: (userId: string) => string,
): Peer['requests'] {
  const random = seeded(1);
  const heads = new Map<string, string>();
  const headOf = (userId: string) => {
    const head = heads.get(userId) ?? `Host: 127.0.0.1\r\nAuthorization: ${mint(userId)}\r\n`;
    heads.set(userId, head);
    return head;
  };
  const request = (method: string, userId: string, path: string, body?: unknown) => {
    const start = `${method} ${path} HTTP/1.1\r\n${headOf(userId)}`;
    if (body === undefined) return `${start}\r\n`;
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    return `${start}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`;
  };
  const search = encodeURIComponent(
    `title ~ "${searchTerms.common}" || description ~ "${searchTerms.common}"`,
  );
  const onTask = (build: (userId: string, path: string) => string) => () => {
    const { id, tasks } = random.pick(users);
    return build(id, `${records}/${pocketBaseId(random.pick(tasks))}`);
  };
  // Built in advance, as Duly's are.
  const lists = users.map(({ id }) => Buffer.from(request('GET', id, newest)));
  return {
    list: () => random.pick(lists),
    get: onTask((userId, path) => request('GET', userId, path)),
    search: () => request('GET', random.pick(users).id, `${newest}&filter=${search}`),
    'create, 2 tags': () => {
      const { id } = random.pick(users);
      return request('POST', id, records, { ...newTaggedTask(random), user: pocketBaseId(id) });
    },
    patch: onTask((userId, path) => request('PATCH', userId, path, { title: newTitle(random) })),
    complete: onTask((userId, path) => request('PATCH', userId, path, { completed: random.below(2) === 0 })),
    delete: once(toDelete, ({ user_id, id }) => request('DELETE', user_id, `${records}/${pocketBaseId(id)}`)),
  };
}
