import { expect, test } from 'vitest';
import { taskwarrior } from '../../../src/import/formats/taskwarrior.ts';
import { ImportError } from '../../../src/import/model.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const template = '00000000-0000-4000-8000-00000000000a';
const objects = [
  {
    id: 1,
    uuid: '00000000-0000-4000-8000-000000000001',
    description: 'Sow the beans',
    entry: '20261120T081500Z',
    modified: '20261121T081500Z',
    status: 'pending',
    project: 'garden.beds',
    tags: ['outdoors', 'spring'],
    priority: 'H',
    due: '20261130T230000Z',
    wait: '20261128T230000Z',
    annotations: [
      { entry: '20261121T090000Z', description: 'Seeds are in the shed' },
      { entry: '20261122T090000Z', description: 'Ask Bea' },
    ],
    urgency: 12.3,
  },
  {
    id: 2,
    uuid: '00000000-0000-4000-8000-000000000002',
    description: 'Ring the office',
    entry: '20261120T081500Z',
    status: 'waiting',
    priority: 'M',
    due: '20261201T143000Z',
    depends: ['00000000-0000-4000-8000-000000000001'],
    estimate: 'PT2H',
  },
  {
    id: 0,
    uuid: '00000000-0000-4000-8000-000000000003',
    description: 'Oil the gate',
    entry: '20261101T081500Z',
    end: '20261105T171500Z',
    status: 'completed',
    priority: 'L',
  },
  {
    id: 0,
    uuid: '00000000-0000-4000-8000-000000000004',
    description: 'Nothing',
    entry: '20261101T081500Z',
    status: 'deleted',
  },
  {
    id: 3,
    uuid: template,
    description: 'Feed the cat',
    entry: '20261101T081500Z',
    status: 'recurring',
    recur: 'daily',
    due: '20261126T230000Z',
  },
  ...['20261126T230000Z', '20261127T230000Z'].map((due, index) => ({
    id: 4 + index,
    uuid: `00000000-0000-4000-8000-00000000001${index}`,
    description: 'Feed the cat',
    entry: '20261101T081500Z',
    status: 'pending',
    parent: template,
    recur: 'daily',
    due,
  })),
];

const expected = [
  {
    place: 'task 1',
    title: 'Sow the beans',
    description: '2026-11-21 Seeds are in the shed\n2026-11-22 Ask Bea',
    priority: 'High',
    tags: ['outdoors', 'spring'],
    project: 'garden.beds',
    dueDate: '2026-12-01',
    startDate: '2026-11-29',
    createdAt: '2026-11-20T08:15:00.000Z',
  },
  {
    place: 'task 2',
    title: 'Ring the office',
    priority: 'Medium',
    dueDate: '2026-12-01',
    dueTime: '15:30',
    createdAt: '2026-11-20T08:15:00.000Z',
  },
  {
    place: 'task 3',
    title: 'Oil the gate',
    priority: 'Low',
    completed: true,
    completedAt: '2026-11-05T17:15:00.000Z',
    createdAt: '2026-11-01T08:15:00.000Z',
  },
  { place: 'task 6', title: 'Feed the cat', dueDate: '2026-11-27', createdAt: '2026-11-01T08:15:00.000Z' },
  {
    place: 'task 7',
    title: 'Feed the cat',
    dueDate: '2026-11-28',
    recurrence: 'FREQ=DAILY',
    createdAt: '2026-11-01T08:15:00.000Z',
  },
];

test('tasks of an array, their dates on the clock of the user', () => {
  const { tasks, notes, keys } = readSample(taskwarrior, JSON.stringify(objects));
  expect(tasks).toEqual(expected);
  expect(keys[0]).toBe('00000000-0000-4000-8000-000000000001');
  expect(notes).toEqual([
    'task 2, changed: waits for 1 other tasks, which has no equal here',
    'task 2, changed: the fields "estimate" have no equal here',
    'task 4, skipped: is deleted',
    'task 5, skipped: is the template of a repeating task; its last open task repeats instead',
  ]);
});

test('an object on each line is read as well, with commas or without', () => {
  const lines = objects.map((object) => JSON.stringify(object)).join(',\n');
  const { tasks } = readSample(taskwarrior, `${lines}\n`);
  expect(tasks).toEqual(expected.map((task) => ({ ...task, place: task.place.replace('task', 'line') })));
});

test.each([
  ['weekdays', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
  ['2weeks', 'FREQ=WEEKLY;INTERVAL=2'],
  ['biweekly', 'FREQ=WEEKLY;INTERVAL=2'],
  ['quarterly', 'FREQ=MONTHLY;INTERVAL=3'],
  ['P1M', 'FREQ=MONTHLY'],
  ['3mo', 'FREQ=MONTHLY;INTERVAL=3'],
  ['10d', 'FREQ=DAILY;INTERVAL=10'],
  ['yearly', 'FREQ=YEARLY'],
])('recur %s is %s', (recur, recurrence) => {
  const task = { uuid: '1', description: 'a', status: 'pending', due: '20261201T230000Z', recur };
  expect(readSample(taskwarrior, JSON.stringify([task])).tasks).toMatchObject([{ recurrence }]);
});

test('a broken line is named', () => {
  const read = () => taskwarrior.read(bytesOf('{"uuid":"1","description":"a"}\n{"uuid":'), importOptions);
  expect(read).toThrow(ImportError);
  expect(read).toThrow(/^Line 2 is not a task of Taskwarrior/);
});
