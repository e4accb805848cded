import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantOf, startOfDay } from '../../src/dates/zones.ts';
import type { Reminder } from '../../src/reminders/model.ts';
import { nextAtOf, referencesOf } from '../../src/reminders/rules.ts';
import type { Task } from '../../src/tasks/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { isLong } from '../support/long-tests.ts';
import { seeded } from '../support/random.ts';
import { fire } from '../support/reminders.ts';
import { findFaults } from '../support/stored-tags.ts';
import { newClient } from '../support/tasks.ts';

/** Other values: `DULY_TEST_SEED=7 npm test -- server/test/reminders/reminders-random.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_128);
const random = seeded(seed);
const [users, writes] = isLong ? [20, 200] : [4, 60];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Pacific/Apia'];
/** Long past, days on which clocks change, and far ahead. */
const dates = ['2019-03-31', '2020-01-01', '2030-03-31', '2030-10-27', '2031-12-30', '2035-06-01'];
const times = ['00:00', '02:30', '09:00', '23:59'];

/** A task as the model has it, live or in the trash. */
interface Known {
  task: Task;
  isTrashed: boolean;
  reminders: Map<string, Pick<Reminder, 'next_at' | 'snoozed_until'> & { rule: Reminder }>;
}

/** The instants, in words of the document alone. */
function pointsOf({ task, isTrashed }: Pick<Known, 'task' | 'isTrashed'>, zone: string) {
  const { due_date, due_time, time_zone, start_date, completed } = task;
  const day = due_date === null ? null : startOfDay(due_date, zone);
  const due = due_date !== null && due_time !== null ? instantOf(due_date, due_time, time_zone ?? zone) : day;
  const start = start_date === null ? null : startOfDay(start_date, zone);
  return { due, start, isSent: !isTrashed && !completed };
}

const minuteMs = 60_000;

function timeOf(rule: Reminder, points: ReturnType<typeof pointsOf>): string | null {
  const { relative_to, minutes_before, remind_at } = rule;
  const from = relative_to === null ? remind_at : points[relative_to];
  if (from === null || !points.isSent) return null;
  const timeMs = Date.parse(from) - (minutes_before ?? 0) * minuteMs;
  return timeMs > Date.now() ? new Date(timeMs).toISOString() : null;
}

async function createModel() {
  const client = await newClient(app);
  const known = new Map<string, Known>();
  let zone = 'UTC';
  const send = async (method: string, path: string, body?: object) => {
    const reply = await client.v1(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${reply.text}`);
    return reply.body.data;
  };
  /** The task after a write: its reminders move if what they are counted from did. */
  const changed = (
    before: Known,
    after: Pick<Known, 'task' | 'isTrashed'>,
    zones = { before: zone, after: zone },
  ) => {
    const [old, now] = [pointsOf(before, zones.before), pointsOf(after, zones.after)];
    const isZone = zones.before !== zones.after;
    for (const each of before.reminders.values()) {
      const { relative_to } = each.rule;
      const isMoved = isZone
        ? relative_to !== null && old[relative_to] !== now[relative_to]
        : JSON.stringify(old) !== JSON.stringify(now);
      if (!isMoved) continue;
      each.next_at = timeOf(each.rule, now);
      each.snoozed_until = null;
    }
    known.set(after.task.id, { ...after, reminders: before.reminders });
  };
  const someTask = (isTrashed = false) => {
    const found = [...known.values()].filter((each) => each.isTrashed === isTrashed);
    return found.length === 0 ? undefined : random.pick(found);
  };
  const fieldsOf = () => {
    const due_date = random.chance(0.8) ? random.pick(dates) : null;
    const due_time = due_date !== null && random.chance(0.6) ? random.pick(times) : null;
    const time_zone = due_time !== null && random.chance(0.4) ? random.pick(zones) : null;
    const start_date = random.chance(0.5) ? random.pick(dates) : null;
    return { due_date, due_time, time_zone, start_date };
  };
  const ruleOf = () =>
    random.chance(0.3)
      ? { remind_at: startOfDay(random.pick(dates), 'UTC') }
      : {
          relative_to: random.pick(['due', 'start']),
          minutes_before: random.pick([0, 1, 1_440, -30, 525_600]),
        };
  const add = (each: Known, reminder: Reminder) => {
    const { next_at, snoozed_until } = reminder;
    expect(next_at, 'a new one').toBe(timeOf(reminder, pointsOf(each, zone)));
    each.reminders.set(reminder.id, { rule: reminder, next_at, snoozed_until });
  };

  const acts: Record<string, () => Promise<void>> = {
    async create() {
      const recurrence = random.chance(0.3) ? 'FREQ=WEEKLY;COUNT=4' : null;
      const fields = fieldsOf();
      const repeat = fields.due_date === null ? {} : { recurrence };
      const reminders = Array.from({ length: random.below(3) }, ruleOf);
      const task = await send('POST', '/tasks', { title: 'a', ...fields, ...repeat, reminders });
      const each: Known = { task, isTrashed: false, reminders: new Map() };
      known.set(task.id, each);
      for (const reminder of await send('GET', `/tasks/${task.id}/reminders`)) add(each, reminder);
    },
    async remind() {
      const each = someTask();
      if (each !== undefined && each.reminders.size < 5)
        add(each, await send('POST', `/tasks/${each.task.id}/reminders`, ruleOf()));
    },
    async patch() {
      const each = someTask();
      if (each === undefined) return;
      const { due_date, ...fields } = fieldsOf();
      const dated = due_date === null && each.task.recurrence !== null ? {} : { due_date, ...fields };
      const body = random.chance(0.3) ? { title: 'b' } : dated;
      changed(each, { task: await send('PATCH', `/tasks/${each.task.id}`, body), isTrashed: false });
    },
    async complete() {
      const each = someTask();
      if (each === undefined) return;
      const body = { completed: random.chance(0.6) };
      changed(each, { task: await send('PATCH', `/tasks/${each.task.id}/complete`, body), isTrashed: false });
    },
    async skip() {
      const each = someTask();
      if (each === undefined || each.task.recurrence === null || each.task.completed) return;
      changed(each, {
        task: await send('POST', `/tasks/${each.task.id}/occurrences/skip`),
        isTrashed: false,
      });
    },
    async remove() {
      const each = someTask();
      if (each === undefined) return;
      await send('DELETE', `/tasks/${each.task.id}`);
      changed(each, { task: each.task, isTrashed: true });
    },
    async restore() {
      const each = someTask(true);
      if (each === undefined) return;
      changed(each, { task: await send('POST', `/trash/${each.task.id}/restore`), isTrashed: false });
    },
    async zone() {
      const next = random.pick(zones);
      await send('PATCH', '', { time_zone: next });
      const change = { before: zone, after: next };
      zone = next;
      for (const each of [...known.values()]) {
        const task = each.isTrashed ? each.task : await client.get(each.task.id);
        changed(each, { task, isTrashed: each.isTrashed }, change);
      }
    },
    async snooze() {
      const each = someTask();
      const [id, state] = [...(each?.reminders ?? [])][0] ?? [];
      if (each === undefined || id === undefined || state === undefined || each.task.completed) return;
      const until = startOfDay(random.pick(dates.slice(2)), 'UTC');
      await send('POST', `/tasks/${each.task.id}/reminders/${id}/snooze`, { until });
      Object.assign(state, { next_at: until, snoozed_until: until });
    },
    async fire() {
      const each = someTask();
      const [id, state] = [...(each?.reminders ?? [])][0] ?? [];
      if (id === undefined || state === undefined || state.next_at === null) return;
      await fire(app, client.user.id, id);
      Object.assign(state, { next_at: null, snoozed_until: null });
    },
  };
  return { client, known, acts, zone: () => zone };
}

test(`random writes of tasks leave reminders at their times (seed ${seed})`, async () => {
  for (let user = 0; user < users; user += 1) {
    const { client, known, acts, zone } = await createModel();
    const done: string[] = [];
    await acts.create?.();
    for (let write = 0; write < writes; write += 1) {
      const [name, act] = random.pick(Object.entries(acts));
      done.push(name);
      await act();
      const rows = await app.ctx.db
        .selectFrom('duly.reminders')
        .select(['id', 'next_at', 'snoozed_until'])
        .where('user_id', '=', client.user.id)
        .execute();
      const stored = new Map(rows.map((row) => [row.id, row]));
      for (const { reminders, task, isTrashed } of known.values())
        for (const [id, { rule, next_at, snoozed_until }] of reminders) {
          const row = stored.get(id);
          const state = [row?.next_at?.toISOString() ?? null, row?.snoozed_until?.toISOString() ?? null];
          expect(state, `${done.slice(-5)}: ${JSON.stringify(rule)}`).toEqual([next_at, snoozed_until]);
          if (snoozed_until !== null || next_at === null) continue;
          const due = { ...task, deleted_at: isTrashed ? task.updated_at : null };
          expect(nextAtOf(rule, referencesOf(due, zone()), null, Date.now())).toBe(next_at);
        }
    }
  }
  expect((await findFaults(app.ctx.db)).faults).toEqual([]);
});
