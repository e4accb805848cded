import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createLocalCopy, readFeed, readUserData } from '../support/feed.ts';
import { isLong } from '../support/long-tests.ts';
import { type Random, seeded } from '../support/random.ts';
import {
  addDays,
  finish,
  type RepeatModel,
  randomRule,
  shownOf,
  startSeries,
  textOf,
  undo,
} from '../support/repeat-model.ts';
import { type Client, newClient } from '../support/tasks.ts';

/** Another sequence, or that of a failure: `DULY_TEST_SEED=7 npm test -- server/test/tasks/repeats-random.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_224);
const rounds = isLong ? 12 : 5;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

interface Subject {
  client: Client;
  path: string;
  id: string;
  model: RepeatModel;
  random: Random;
}

const times = [null, '00:00', '09:30', '23:59'];

/** Sends a request that must succeed, or be refused with the status. */
async function send({ client, path }: Subject, method: string, suffix: string, body: object, status = 200) {
  const reply = await client.v1(method, path + suffix, body);
  expect(reply.status, reply.text).toBe(status);
  return reply.body.data;
}

/** Every way to complete, sent twice where that must not complete twice. */
async function complete(subject: Subject): Promise<void> {
  const { client, path, id, model, random } = subject;
  const { completed, occurrence } = model;
  const task = await client.get(id);
  const { version, updated_at: _, ...whole } = task;
  const body = { completed: true, occurrence };
  const key = { 'idempotency-key': randomUUID() };
  const ways = [
    () => client.v1('PATCH', `${path}/complete`, body),
    () => client.v1('PUT', path, { ...whole, completed: true }),
    () => client.v1('PATCH', path, { completed: true }, key),
    () => client.v1('PATCH', `${path}/complete`, { completed: true, version }),
    () => client.v1('POST', '/tasks/bulk', { operations: [{ op: 'complete', id, occurrence }] }),
  ];
  const way = completed ? ways[0] : random.pick([...ways, ...ways, null]);
  if (way === null) await client.bare('PATCH', `${path}/complete`);
  else await way?.().then(() => way());
  if (!completed) finish(model, 'done');
}

const steps: ((subject: Subject) => Promise<unknown>)[] = [
  complete,
  complete,
  complete,
  async (subject) => {
    const { occurrence, completed } = subject.model;
    for (let count = 0; count < 2; count += 1)
      await send(subject, 'POST', '/occurrences/skip', { occurrence });
    if (!completed) finish(subject.model, 'skipped');
  },
  async (subject) => {
    const isPossible = undo(subject.model);
    await send(subject, 'POST', '/occurrences/undo', {}, isPossible ? 200 : 409);
  },
  async (subject) => {
    // Of a completed task it is an undo, unless the rule was changed since.
    if (subject.model.completed && !undo(subject.model)) subject.model.completed = false;
    await send(subject, 'PATCH', '', { completed: false });
  },
  async (subject) => {
    const { model, random } = subject;
    model.due = addDays(model.due, random.below(9) - 4);
    model.time = random.pick(times);
    await send(subject, 'PATCH', '', { due_date: model.due, due_time: model.time });
  },
  async (subject) => {
    const { model, random } = subject;
    model.excluded = random.some(
      [1, 2, 3, 7].map((days) => addDays(model.occurrence, days)),
      0.5,
    );
    await send(subject, 'PATCH', '', { excluded_dates: model.excluded, title: `task ${random.below(9)}` });
  },
  async (subject) => {
    const { model, random } = subject;
    const rule = randomRule(random);
    const isNew = textOf(rule) !== textOf(model.rule);
    await send(subject, 'PATCH', '', { recurrence: textOf(rule) });
    if (isNew) startSeries(model, rule);
  },
  async (subject) => {
    const { model, random } = subject;
    const rule = randomRule(random);
    model.due = addDays(model.due, 1 + random.below(5));
    model.time = random.pick(times);
    const fields = { due_date: model.due, due_time: model.time, recurrence: textOf(rule) };
    await send(subject, 'PATCH', '/following', fields);
    const isSame = [model.due, model.time].join() === [model.occurrence, model.seriesTime].join();
    if (!isSame || textOf(rule) !== textOf(model.rule)) startSeries(model, rule);
  },
  async (subject) => {
    const { model, random } = subject;
    const time = random.pick(times);
    await send(subject, 'PATCH', '/following', { due_time: time });
    model.time = time;
    if (time === model.seriesTime) return;
    const { count } = model.rule;
    const rule = { ...model.rule, count: count && Math.max(count - model.number + 1, 1) };
    const { due, occurrence } = model;
    model.due = occurrence;
    startSeries(model, rule);
    model.due = due;
  },
];

test(`random edits, completes, skips and undos lose no occurrence and double none (seed ${seed})`, async () => {
  const random = seeded(seed);
  const client = await newClient(app);
  const copy = createLocalCopy();
  let cursor: string | undefined;
  for (let round = 0; round < rounds; round += 1) {
    const due = addDays('2026-12-20', random.below(20));
    const [time, startDate] = [random.pick(times), random.pick([null, addDays(due, -2)])];
    const rule = randomRule(random);
    const fields = { due_date: due, due_time: time, start_date: startDate, recurrence: textOf(rule) };
    const { id } = await client.create(fields);
    const model: RepeatModel = {
      ...{ rule, start: due, occurrence: due, number: 1, due, time, seriesTime: time, startDate },
      ...{ excluded: [], completed: false, series: 1, records: [] },
    };
    const subject = { client, path: `/tasks/${id}`, id, model, random };
    for (let count = 0; count < 30; count += 1) {
      await random.pick(steps)(subject);
      expect(await client.get(id), `round ${round}, step ${count}`).toMatchObject(shownOf(model));
    }
    const { body } = await client.v1('GET', `/tasks/${id}/occurrences?limit=100`);
    const recorded = model.records.map(({ before: _, ...shown }) => ({ ...shown, task_id: id }));
    expect(body.data).toMatchObject(recorded.toReversed());
    const feed = await readFeed(client, cursor === undefined ? {} : { since: cursor });
    for (const change of feed.changes) copy.apply(change);
    cursor = feed.cursor;
    expect(copy.known()).toEqual(await readUserData(client));
  }
});
