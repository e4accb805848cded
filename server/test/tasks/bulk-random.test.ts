import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { auditEntriesOf } from '../support/audit.ts';
import { repeat, sendBulk } from '../support/bulk.ts';
import { findUnfolded } from '../support/folding.ts';
import { isLong } from '../support/long-tests.ts';
import { seeded } from '../support/random.ts';
import { type Client, newClient } from '../support/tasks.ts';

/** Another sequence, or that of a failure: `DULY_TEST_SEED=7 npm test -- server/test/tasks/bulk-random.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_121);
const rounds = isLong ? 40 : 15;

const { below, chance, pick, some } = seeded(seed);

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A task of two users, with an id for each. Undefined before it is created. */
interface Thing {
  name: string;
  bulk: string | undefined;
  single: string | undefined;
}

interface Planned {
  op: 'create' | 'update' | 'complete' | 'delete' | 'restore';
  thing: Thing;
  fields: Record<string, unknown>;
}

const words = ['home', 'work', 'é', 'x y', '😀'];

const fieldsOf = (isNew: boolean) =>
  Object.fromEntries(
    [
      ['title', ` ${pick(words)} `],
      ['description', pick([null, 'text', ''])],
      ['completed', chance(0.5)],
      ['priority', pick(['hIGH', 'Medium', 'low'])],
      ['due_date', pick([null, '2030-01-01'])],
      ['tags', some(words, 0.4)],
    ].filter(([name]) => (isNew && name === 'title') || chance(0.4)),
  );

const version = () => (chance(0.3) ? { version: 1 + below(6) } : {});

/** Random operations on existing tasks and on those that the request itself creates. */
function plan(things: Thing[], round: number): Planned[] {
  const nowhere = { name: 'nowhere', bulk: randomUUID(), single: randomUUID() };
  return repeat(pick([1, 2, 3, 10, 30]), (index): Planned => {
    const op = pick(['create', 'update', 'update', 'complete', 'delete', 'restore', 'restore'] as const);
    if (op === 'create') {
      const thing = { name: `${round}.${index}`, bulk: undefined, single: undefined };
      things.push(thing);
      return { op, thing, fields: fieldsOf(true) };
    }
    const thing = things.length === 0 || chance(0.05) ? nowhere : pick(things);
    const completed = chance(0.5) ? { completed: chance(0.5) } : {};
    const own = { update: fieldsOf(false), complete: completed, delete: {}, restore: {} };
    return { op, thing, fields: { ...own[op], ...version() } };
  });
}

const operationOf = ({ op, thing, fields }: Planned) =>
  op === 'create' ? { op, temp_id: thing.name, ...fields } : { op, id: thing.bulk ?? thing.name, ...fields };

/** Sends an operation as a single request. */
function send({ v1 }: Client, { op, thing, fields }: Planned) {
  const path = `/tasks/${thing.single}`;
  switch (op) {
    case 'create':
      return v1('POST', '/tasks', fields);
    case 'update':
      return v1('PATCH', path, fields);
    case 'complete':
      return v1('PATCH', `${path}/complete`, { completed: true, ...fields });
    case 'delete':
      return v1('DELETE', path, fields);
    case 'restore':
      return v1('POST', `/trash/${thing.single}/restore`, fields);
  }
}

/** The fields that are equal for two users after the same operations. */
function common(task: (Task & { deleted_at?: string }) | undefined) {
  if (task === undefined) return null;
  const {
    id: _,
    user_id: __,
    created_at: ___,
    updated_at: ____,
    deleted_at: _____,
    position: ______,
    completed_at,
    ...rest
  } = task;
  return { ...rest, isCompleted: completed_at !== null };
}

interface Outcome {
  status: number;
  task: ReturnType<typeof common>;
  error: { error_code?: string; detail?: string; current: ReturnType<typeof common> } | null;
}

const outcomeOf = (
  status: number,
  task: Task | undefined,
  error: { current?: Task } | undefined,
): Outcome => ({
  status,
  task: common(task),
  error: error === undefined ? null : { ...error, current: common(error.current) },
});

async function inBulk(client: Client, planned: Planned[]): Promise<Outcome[]> {
  const { body } = await sendBulk(client, planned.map(operationOf));
  const results: { id: string; status: number; task?: Task; error?: { current?: Task } }[] = body.data;
  return results.map(({ id, status, task, error }, index) => {
    const thing = planned[index]?.thing;
    if (status === 201 && thing !== undefined) thing.bulk = id;
    return outcomeOf(status, task, error);
  });
}

async function oneByOne(client: Client, planned: Planned[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of planned) {
    const { status, body } = await send(client, one);
    if (status === 201) one.thing.single = body.data.id;
    const { error_code, detail, current } = body;
    outcomes.push(
      outcomeOf(
        status,
        body.data ?? undefined,
        status < 300 ? undefined : { error_code, detail, ...(current && { current }) },
      ),
    );
  }
  return outcomes;
}

/** All data of a user, with ids replaced by the names of the things. */
async function seen(client: Client, things: Thing[], side: 'bulk' | 'single') {
  const nameOf = new Map(things.map((thing) => [thing[side], thing.name]));
  const named = (tasks: Task[]) =>
    Object.fromEntries(tasks.map((task) => [nameOf.get(task.id), common(task)]));
  const all = async (list: string) => {
    const pages = await Promise.all(
      [0, 100, 200, 300].map((offset) => client.v1('GET', `/${list}?limit=100&offset=${offset}`)),
    );
    return pages.flatMap(({ body }) => body.data);
  };
  const audited = await auditEntriesOf(app.ctx.db, client.user.id);
  return {
    tasks: named(await all('tasks')),
    trash: named(await all('trash')),
    tags: await client.tags(),
    audit: audited.map(({ action, subject }) => [action, nameOf.get(subject ?? '')]),
  };
}

test(`${rounds} random bulks of seed ${seed} do what the same operations do one by one`, async () => {
  const [client, other] = [await newClient(app), await newClient(app)];
  const things: Thing[] = [];
  const statuses = new Set<number>();
  let wholes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const planned = plan(things, round);
    const before = await client.stored();
    const atomic = await sendBulk(client, planned.map(operationOf), { atomic: true });
    const isWhole = atomic.status === 200;
    if (isWhole) {
      for (const [index, { id, status }] of atomic.body.data.entries()) {
        const thing = planned[index]?.thing;
        if (status === 201 && thing !== undefined) thing.bulk = id;
      }
    } else expect(await client.stored()).toEqual(before);
    const singles = await oneByOne(other, planned);
    const first = singles.findIndex(({ status }) => status >= 300);
    if (isWhole) {
      wholes += 1;
      expect(first, `round ${round}`).toBe(-1);
    } else {
      expect(atomic.body.errors[0].loc, `round ${round}`).toEqual(['body', 'operations', first]);
      expect([atomic.status, atomic.body.error_code]).toEqual([
        singles[first]?.status,
        singles[first]?.error?.error_code,
      ]);
      expect(await inBulk(client, planned), `round ${round}`).toEqual(singles);
    }
    for (const { status } of singles) statuses.add(status);
    expect(await seen(client, things, 'bulk')).toEqual(await seen(other, things, 'single'));
  }
  expect([...statuses].sort()).toEqual([200, 201, 404, 409]);
  expect(wholes).toBeGreaterThan(0);
  expect(wholes).toBeLessThan(rounds);
});

test('no writer of the above forgot the folded text', async () => {
  expect(await findUnfolded(app.ctx.db)).toEqual([]);
});
