import { expect, test, vi } from 'vitest';
import { createDuly, type Task } from '../../client/src/index.ts';
import { startLossyProxy } from '../../client/test/support/lossy-proxy.ts';
import { password } from '../../server/test/support/accounts.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { startForwarder } from '../../server/test/support/forwarder.ts';
import { isLong } from '../../server/test/support/long-tests.ts';
import { seeded } from '../../server/test/support/random.ts';
import { createMigratedDatabase, startTestServer } from '../../server/test/support/servers.ts';
import { buildBinary, logIn, newMachine } from './support/duly.ts';
import { createCommandLineSide } from './support/rounds/command-line.ts';
import { createDeviceSide } from './support/rounds/device.ts';
import {
  type Fields,
  fieldsOf,
  nameOf,
  ordersOf,
  outcomeOf,
  refusalReport,
} from './support/rounds/outcome.ts';
import type { Edits } from './support/rounds/side.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);
const rounds = isLong ? 20 : 3;

/** A server that can be killed and started again, with an account, and a bad network in front of it. */
async function startWorld() {
  const DATABASE_URL = await createMigratedDatabase();
  const forwarder = await startForwarder();
  const url = `http://127.0.0.1:${forwarder.port}`;
  const startServer = async () => {
    const server = await startTestServer({ DATABASE_URL });
    forwarder.setTarget(Number(new URL(server.url).port));
    return server;
  };
  let server = await startServer();
  let starting = Promise.resolve();
  async function restart(): Promise<void> {
    server.child.kill('SIGKILL');
    await server.ended;
    server = await startServer();
  }
  const email = 'ada@example.com';
  const response = await fetch(`${url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, first_name: 'Ada', last_name: 'Lovelace' }),
  });
  const { user } = Object(await response.json());
  const token = await mintToken({ sub: String(user.id), exp: Math.floor(Date.now() / 1000) + 7_200 });
  return {
    email,
    token,
    near: createDuly({ url, token }),
    proxy: await startLossyProxy(url),
    /** Kills the server, and starts it again. */
    crash(): Promise<void> {
      starting = restart();
      return starting;
    },
    /** Those who have found no server wait until it is back, so that a busy machine gets to start it. */
    untilUp: () => starting,
  };
}

const byTitle = <T extends { title: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.title < b.title ? -1 : 1));

/** Whether a side was told what it had to be, and nothing else. */
function isToldRight(reports: readonly string[], certain: readonly string[], possible: readonly string[]) {
  const rest = [...reports];
  const isComplete = certain.every((text) => {
    const index = rest.indexOf(text);
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  });
  return isComplete && rest.every((text) => possible.includes(text));
}

interface Round {
  before: readonly Task[];
  after: readonly Task[];
  /** What each side did, and what it was told. */
  edits: readonly Edits[];
  told: readonly string[][];
  /** The orders in which the sides may have come back. */
  orders: readonly (readonly number[])[];
}

/** Of a task that is gone, each write that waits is refused. */
function reportsOf(name: string, told: readonly string[]): string[] {
  const own = told.filter((text) => text.startsWith(`${name}: `));
  const refusal = refusalReport(name);
  return own.filter((text, index) => text !== refusal || own.indexOf(text) === index);
}

/** Compares a task with what has to come out. @returns how many conflicts there were */
function checkTask(base: Task, { after, edits, told, orders }: Round): number {
  const name = nameOf(base.title);
  const now = after.find(({ id }) => id === base.id);
  const reports = told.map((texts) => reportsOf(name, texts));
  const actual = { state: now ? fieldsOf(now) : null, reports };
  const isExact = orders.length === 1;
  const outcomes = orders.map((order) =>
    outcomeOf(
      fieldsOf(base),
      order.map((side) => ({ side, edit: edits[side]?.get(name) })),
    ),
  );
  const found = outcomes.find(({ state, told: expected }) => {
    if (JSON.stringify(state) !== JSON.stringify(actual.state)) return false;
    return reports.every((texts, side) => {
      const { certain = [], possible = [] } = expected.find((one) => one.side === side) ?? {};
      return isToldRight(texts, certain, isExact ? [] : possible);
    });
  });
  if (found === undefined)
    expect(actual, `${name}, ${JSON.stringify(edits.map((one) => one.get(name)))}`).toEqual(outcomes);
  return reports.flat().length;
}

/** What the sides have added is there once, with what only they could change. */
function checkAdded({ before, after, edits }: Round): void {
  const known = new Set(before.map(({ title }) => nameOf(title)));
  const expected: Fields[] = [];
  for (const side of edits)
    for (const [name, edit] of side)
      if (!known.has(name) && edit !== 'deleted') {
        const { title = '', description = null, priority = 'Medium', due_date = null } = edit;
        expected.push({ title, description, priority, due_date, completed: edit.completed ?? false });
      }
  const added = after.filter(({ title }) => !known.has(nameOf(title)));
  expect(byTitle(added.map(fieldsOf))).toEqual(byTitle(expected));
}

test(
  `over a lossy network and crashes, ${rounds} rounds of two devices and a command line lose and double nothing, and one side gets each conflict (seed ${seed})`,
  async () => {
    const { crash, email, near, proxy, token, untilUp } = await startWorld();
    const machine = await newMachine(await buildBinary());
    expect((await logIn(machine, proxy.url, email)).code).toBe(0);
    const random = seeded(seed);
    const sides = [
      createDeviceSide(proxy.url, token, untilUp),
      createDeviceSide(proxy.url, token, untilUp),
      createCommandLineSide(machine, proxy, untilUp),
    ];
    const onServer = async () => {
      const tasks: Task[] = [];
      for await (const task of near.tasks.all()) tasks.push(task);
      return tasks;
    };
    for (const name of 'abcdef') await near.tasks.create({ title: `r${name}` });
    for (const side of sides) expect(await side.comeBack(false)).toEqual([]);
    let reportCount = 0;
    // Until conflicts were seen as well: a few rounds may happen to have none.
    for (let round = 0; round < rounds || reportCount < 2; round += 1) {
      const isTogether = round % 3 === 2;
      const order = random.pick(ordersOf([0, 1, 2]));
      const before = await onServer();
      const chosen = new Set(random.some(before, 6 / before.length).map(({ title }) => nameOf(title)));
      proxy.setCut(true);
      const edits: Edits[] = [];
      for (const [index, side] of sides.entries())
        edits.push(
          await side.work({ random, prefix: `r${round}${'pqr'[index]}`, chosen, isOnce: isTogether }),
        );
      proxy.setCut(false);
      const told: string[][] = sides.map(() => []);
      const isKilled = random.chance(0.5);
      const comeBack = async (index: number) =>
        told[index]?.push(...((await sides[index]?.comeBack(isKilled)) ?? []));
      const lost = proxy.lost();
      const comingBack = isTogether
        ? Promise.all(order.map(comeBack))
        : order.reduce(async (earlier: Promise<unknown>, index) => {
            await earlier;
            await comeBack(index);
          }, Promise.resolve());
      if (round % 4 === 1) {
        await vi.waitUntil(() => proxy.lost() >= lost + 2, { timeout: 60_000, interval: 1 });
        await crash();
      }
      await comingBack;
      // The sides that came back early fetch what the others have sent.
      for (const side of sides) expect(await side.comeBack(false)).toEqual([]);
      const after = await onServer();
      const result = { before, after, edits, told, orders: isTogether ? ordersOf(order) : [order] };
      for (const task of before) reportCount += checkTask(task, result);
      expect(
        told.flat().filter((text) => !before.some(({ title }) => text.startsWith(`${nameOf(title)}: `))),
      ).toEqual([]);
      checkAdded(result);
      for (const side of sides) expect(byTitle(await side.tasks())).toEqual(byTitle(after));
    }
    if (isLong) expect(reportCount).toBeGreaterThan(rounds / 2);
    expect(proxy.lost()).toBeGreaterThan(rounds * 5);
  },
  isLong ? 1_800_000 : 600_000,
);
