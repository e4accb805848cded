import { expect, test, vi } from 'vitest';
import { mintToken } from '../../../server/test/support/app.ts';
import { startForwarder } from '../../../server/test/support/forwarder.ts';
import { type Random, seeded } from '../../../server/test/support/random.ts';
import { createMigratedDatabase, startTestServer } from '../../../server/test/support/servers.ts';
import { createDuly, type Task } from '../../src/index.ts';
import type { Offline } from '../../src/offline/index.ts';
import { startLossyProxy } from '../support/lossy-proxy.ts';
import { createDevice, untilSynced } from '../support/offline.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);
const rounds = 20;

const fieldNames = ['title', 'description', 'priority', 'due_date', 'completed'] as const;
type Fields = Pick<Task, (typeof fieldNames)[number]>;
type Edits = Map<string, Partial<Fields> | 'deleted'>;

/** Few values, so that both sides often choose the same one. */
function randomFields(random: Random, title: string): Partial<Fields> {
  const all: Fields = {
    title,
    description: random.pick([null, 'a', 'b']),
    priority: random.pick(['High', 'Medium', 'Low']),
    due_date: random.pick([null, '2030-01-01', '2030-01-02']),
    completed: random.chance(0.5),
  };
  return Object.fromEntries(random.some(fieldNames, 0.4).map((name) => [name, all[name]]));
}

/** Edits of some tasks, by the task's present title; and new tasks. */
async function workOffline(random: Random, offline: Offline, name: string): Promise<Edits> {
  const edits: Edits = new Map();
  for (const { id, title } of offline.tasks.all()) {
    if (random.chance(0.4)) continue;
    if (random.chance(0.1)) {
      await offline.tasks.delete(id);
      edits.set(title, 'deleted');
      continue;
    }
    let made: Partial<Fields> = {};
    for (let count = 1 + random.below(3); count > 0; count -= 1) {
      const fields = randomFields(random, title + random.pick(['', '!', '?']));
      const shown = offline.tasks.get(id);
      await offline.tasks.update(id, fields);
      const isChange = ([name, value]: [string, unknown]) =>
        Object.entries(shown ?? {}).some(([field, before]) => field === name && before !== value);
      made = { ...made, ...Object.fromEntries(Object.entries(fields).filter(isChange)) };
    }
    edits.set(title, made);
  }
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const title = `${name}.${count}`;
    await offline.tasks.create({ title, priority: 'Low' });
    edits.set(`new ${title}`, { title });
  }
  return edits;
}

const fieldsOf = (task: Task): Fields => {
  const { title, description, priority, due_date, completed } = task;
  return { title, description, priority, due_date, completed };
};

const blank = { description: null, priority: 'Low', due_date: null, completed: false } as const;

/** What has to come out when the second side comes back after the first, and has the say. */
function expected(before: readonly Task[], first: Edits, second: Edits) {
  const after: Fields[] = [];
  const conflicts: string[] = [];
  const refused: string[] = [];
  for (const { id, ...task } of before) {
    const base = fieldsOf({ id, ...task });
    const [theirs, mine] = [first.get(base.title) ?? {}, second.get(base.title) ?? {}];
    const changed = (edits: Partial<Fields>) =>
      fieldNames.filter((name) => edits[name] !== undefined && edits[name] !== base[name]);
    if (theirs === 'deleted') {
      if (mine !== 'deleted' && changed(mine).length > 0) refused.push(base.title);
      continue;
    }
    if (mine === 'deleted') {
      if (changed(theirs).length > 0) conflicts.push(`${id} deleted`);
      continue;
    }
    for (const name of changed(theirs))
      if (mine[name] !== undefined && mine[name] !== theirs[name]) conflicts.push(`${id} ${name}`);
    after.push({ ...base, ...theirs, ...mine });
  }
  for (const edits of [first, second])
    for (const [key, made] of edits)
      if (key.startsWith('new ') && made !== 'deleted') after.push({ ...blank, title: '', ...made });
  return { after, conflicts, refused };
}

const inOrder = <T extends { title: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.title < b.title ? -1 : 1));

test(`over a lossy network and crashes, ${rounds} rounds of two devices lose and double nothing, and one side gets each conflict (seed ${seed})`, async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const forwarder = await startForwarder();
  let server = await startTestServer({ DATABASE_URL });
  const direct = () => forwarder.setTarget(Number(new URL(server.url).port));
  direct();
  const proxy = await startLossyProxy(`http://127.0.0.1:${forwarder.port}`);
  const user = { token: await mintToken({ sub: 'ada' }) };
  const random = seeded(seed);
  const reports: string[][] = [[], []];
  const devices = reports.map((own) =>
    createDevice(proxy, user, {
      onConflict: ({ id, fields, mine }) => {
        own.push(...(mine === null ? [`${id} deleted`] : fields.map((name) => `${id} ${name}`)));
        return 'mine';
      },
      onRefused: ({ id, error }) => own.push(`${error.code} ${id}`),
    }),
  );
  const deviceOf = (index: number) => {
    const device = devices[index];
    if (device === undefined) throw new Error(`there is no device ${index}`);
    return device;
  };
  const near = createDuly({ url: `http://127.0.0.1:${forwarder.port}`, token: user.token });
  const onServer = async () => {
    const tasks: Task[] = [];
    for await (const task of near.tasks.all()) tasks.push(task);
    return tasks;
  };
  let conflictCount = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = await onServer();
    const order = random.chance(0.5) ? [0, 1] : [1, 0];
    const edits: Edits[] = [];
    for (const index of order) {
      const offline = await untilSynced(deviceOf(index).open);
      edits.push(await workOffline(random, offline, `${round}.${index}`));
      await offline.close();
    }
    const isCrash = round % 7 === 3;
    const syncing = (async () => {
      for (const index of [...order, ...order]) await untilSynced(deviceOf(index).open);
    })();
    if (isCrash) {
      const lost = proxy.lost();
      await vi.waitUntil(() => proxy.lost() >= lost + 2, { timeout: 60_000, interval: 1 });
      server.child.kill('SIGKILL');
      await server.ended;
      server = await startTestServer({ DATABASE_URL });
      direct();
    }
    await syncing;
    const [first = new Map(), second = new Map()] = edits;
    const { after, conflicts, refused } = expected(before, first, second);
    const [early, late = []] = order.map((index) => reports[index]?.splice(0) ?? []);
    expect(early).toEqual([]);
    const isRefusal = (text: string) => text.startsWith('NOT_FOUND ');
    expect(late.filter((text) => !isRefusal(text)).sort()).toEqual(conflicts.sort());
    const gone = before.filter(({ id }) => late.includes(`NOT_FOUND ${id}`)).map(({ title }) => title);
    expect(gone).toEqual(expect.arrayContaining(refused));
    for (const title of gone) expect(first.get(title)).toBe('deleted');
    const tasks = await onServer();
    expect(inOrder(tasks.map(fieldsOf))).toEqual(inOrder(after));
    for (const { open } of devices) expect(inOrder((await open()).tasks.all())).toEqual(inOrder(tasks));
    conflictCount += conflicts.length;
  }
  expect(conflictCount).toBeGreaterThan(10);
  expect(proxy.lost()).toBeGreaterThan(100);
});
