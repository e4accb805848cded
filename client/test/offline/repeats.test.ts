import { expect, test } from 'vitest';
import { seeded } from '../../../server/test/support/random.ts';
import { newClient } from '../../../server/test/support/tasks.ts';
import type { Offline } from '../../src/offline/index.ts';
import { useApp } from '../support/duly.ts';
import { createDevice, onATrain, untilSynced } from '../support/offline.ts';

const app = useApp();
const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);
const start = '2026-12-24';

const day = (index: number) => new Date(Date.parse(start) + index * 86_400_000).toISOString().slice(0, 10);
const datesOf = (offline: Offline, id: string) =>
  offline.occurrences
    .all()
    .filter(({ task_id }) => task_id === id)
    .map(({ date }) => date)
    .sort();

test('two devices that complete the same occurrence complete it once', async () => {
  const { user, create, get } = await newClient(app());
  const { id } = await create({ title: 'water', due_date: start, recurrence: 'FREQ=DAILY' });
  const [phone, laptop] = await Promise.all([0, 1].map(() => untilSynced(createDevice(app(), user).open)));
  if (phone === undefined || laptop === undefined) throw new Error('no devices');
  for (const device of [phone, laptop]) {
    await device.tasks.complete(id);
    expect(device.tasks.get(id)).toMatchObject({ completed: true, occurrence: start });
    await device.sync();
  }
  expect(await get(id)).toMatchObject({ occurrence: day(1), completed: false });
  await phone.sync();
  await laptop.tasks.skip(id);
  await laptop.sync();
  await phone.sync();
  expect(datesOf(phone, id)).toEqual([day(0), day(1)]);
  await phone.tasks.undo(id, day(1));
  await phone.sync();
  expect(phone.tasks.get(id)).toMatchObject({ occurrence: day(1) });
});

test('a completion that is taken back before it is sent leaves the task as it was', async () => {
  const { user, create, get } = await newClient(app());
  const { id } = await create({ title: 'water', due_date: start, recurrence: 'FREQ=DAILY' });
  const phone = await untilSynced(createDevice(app(), user).open);
  await phone.tasks.complete(id);
  await phone.tasks.update(id, { completed: false, title: 'water it' });
  await phone.sync();
  expect(await get(id)).toMatchObject({ occurrence: start, completed: false, title: 'water it' });
  expect(datesOf(phone, id)).toEqual([]);
});

test(`devices that complete, skip, undo and move repeats lose none and double none (seed ${seed})`, async () => {
  const { user, create, get, v1, list } = await newClient(app());
  const random = seeded(seed);
  const refused: string[] = [];
  const devices = ['phone', 'laptop'].map(() =>
    createDevice(app(), user, {
      fetch: onATrain(random),
      onRefused: ({ op, error }) => refused.push(`${op}: ${error.detail}`),
    }),
  );
  const ids: string[] = [];
  for (const title of ['water', 'tidy', 'read'])
    ids.push((await create({ title, due_date: start, recurrence: 'FREQ=DAILY' })).id);
  for (const { open } of devices) await untilSynced(open);
  for (let round = 0; round < 15; round += 1) {
    for (const device of devices) {
      const { tasks, ...offline } = await device.open();
      for (let count = random.below(4); count > 0; count -= 1) {
        const id = random.pick(ids);
        const ways = [
          () => tasks.complete(id),
          () => tasks.update(id, { completed: true, title: `${round}` }).then(() => tasks.complete(id)),
          () => tasks.complete(id, false),
          () => tasks.skip(id),
          () => tasks.undo(id, datesOf({ tasks, ...offline }, id).at(-1) ?? start),
          () => tasks.update(id, { due_date: `2027-01-${10 + random.below(20)}` }),
        ];
        await random.pick(ways)();
      }
      if (random.chance(0.7)) await untilSynced(device.open);
    }
  }
  for (const device of [...devices, ...devices]) await untilSynced(device.open);
  for (const id of ids) {
    const { body } = await v1('GET', `/tasks/${id}/occurrences?limit=100`);
    const dates: string[] = body.data.map(({ date }: { date: string }) => date).sort();
    // Each date of the rule is there once, and the task is at the one after them.
    expect(dates).toEqual(dates.map((_, index) => day(index)));
    expect(await get(id)).toMatchObject({ occurrence: day(dates.length), completed: false });
    for (const { open } of devices) expect(datesOf(await open(), id)).toEqual(dates);
  }
  const tasks = await list('?sort_by=position&sort_direction=asc');
  for (const { open } of devices) expect([...(await open()).tasks.all()]).toEqual(tasks);
  // An undo of what the other device undid or followed up, and a completion of what it undid.
  for (const reason of refused) expect(reason).toMatch(/^(undo|update|skip): (It is not|The task is not)/);
});
