import { expect, test } from 'vitest';
import { todoTxt } from '../../../src/import/formats/todo-txt.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';
import { isLong } from '../../support/long-tests.ts';

const sample = `(A) 2026-11-20 Call the plumber +House @phone due:2026-12-01
(B) Write to @Ada about the +Garden party t:2026-11-30
(C) Sort photos +Family +Archive @home
x 2026-11-27 2026-11-25 Return the books @library pri:A

x Throw the boxes away
Water the plants due:2026-11-29 rec:3d
Pay the rent due:2026-12-01 rec:+1m
Read the news due:2026-11-30 rec:b
xylophone lesson at 10:30 see http://example.org/a:b
h:1 +House +Garden @phone
Dentist due:soon rec:whenever
Buy milk
Buy milk
`;

test('lines become tasks, as a person would read them', () => {
  const { tasks, notes } = readSample(todoTxt, sample);
  expect(tasks).toEqual([
    {
      place: 'line 1',
      title: 'Call the plumber',
      priority: 'High',
      project: 'House',
      tags: ['phone'],
      dueDate: '2026-12-01',
      createdAt: '2026-11-19T23:00:00.000Z',
    },
    {
      place: 'line 2',
      title: 'Write to Ada about the Garden party',
      priority: 'Medium',
      project: 'Garden',
      tags: ['Ada'],
      startDate: '2026-11-30',
    },
    { place: 'line 3', title: 'Sort photos', priority: 'Low', project: 'Family', tags: ['Archive', 'home'] },
    {
      place: 'line 4',
      title: 'Return the books',
      priority: 'High',
      tags: ['library'],
      completed: true,
      completedAt: '2026-11-26T23:00:00.000Z',
      createdAt: '2026-11-24T23:00:00.000Z',
    },
    { place: 'line 6', title: 'Throw the boxes away', completed: true },
    {
      place: 'line 7',
      title: 'Water the plants',
      dueDate: '2026-11-29',
      recurrence: 'FREQ=DAILY;INTERVAL=3',
      recurrenceFrom: 'completion',
    },
    { place: 'line 8', title: 'Pay the rent', dueDate: '2026-12-01', recurrence: 'FREQ=MONTHLY' },
    {
      place: 'line 9',
      title: 'Read the news',
      dueDate: '2026-11-30',
      recurrence: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      recurrenceFrom: 'completion',
    },
    { place: 'line 10', title: 'xylophone lesson at 10:30 see http://example.org/a:b' },
    { place: 'line 12', title: 'Dentist', description: 'due:soon\nrec:whenever' },
    { place: 'line 13', title: 'Buy milk' },
    { place: 'line 14', title: 'Buy milk' },
  ]);
  expect(notes).toEqual([
    'line 11, skipped: is hidden (h:1): such lines only keep names of projects and contexts',
    'line 12, changed: "due:soon" is no date; it is in the description',
    'line 12, changed: the repeat "rec:whenever" is not known; it is in the description',
  ]);
});

test('a line of names alone is its own title', () => {
  expect(readSample(todoTxt, '+House @phone').tasks).toMatchObject([
    { title: '+House @phone', project: 'House' },
  ]);
});

test('a repeat without a due date stays visible', () => {
  const { tasks, notes } = readSample(todoTxt, 'Stretch rec:1d');
  expect(tasks).toEqual([
    { place: 'line 1', title: 'Stretch', description: 'Repeat: FREQ=DAILY', recurrenceFrom: 'completion' },
  ]);
  expect(notes).toHaveLength(1);
});

test('keys stay the same when lines move, are done, and new ones come before them', () => {
  const before = readSample(todoTxt, '2026-11-20 Buy milk +Home\nBuy milk\nBuy milk\n');
  const after = readSample(todoTxt, 'New\nBuy milk\nx 2026-11-28 2026-11-20 Buy milk +Home\nBuy milk\n');
  expect(new Set(before.keys).size).toBe(3);
  expect(after.keys).toEqual(expect.arrayContaining(before.keys));
});

const count = isLong ? 100_000 : 20_000;
test(`${count} lines take seconds of processor time, not minutes`, () => {
  const lines = Array.from(
    { length: count },
    (_, index) =>
      `(B) 2026-0${1 + (index % 9)}-1${index % 10} Task ${index} +Project${index % 50} @home due:2026-12-24 rec:+1w`,
  );
  const before = process.cpuUsage();
  expect(todoTxt.read(bytesOf(lines.join('\n')), importOptions).tasks).toHaveLength(count);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(count / 10_000);
});
