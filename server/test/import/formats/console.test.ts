import { expect, test } from 'vitest';
import { consoleCsv } from '../../../src/import/formats/console-csv.ts';
import { consoleJson } from '../../../src/import/formats/console-json.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const objects = [
  {
    id: 1,
    title: 'Buy milk',
    description: 'Two litres',
    completed: false,
    priority: 'high',
    due_date: '2026-12-01',
    tags: ['shop', 'home'],
    created_at: '2026-11-20T08:00:00',
  },
  {
    ID: 2,
    Title: 'Ring Bo',
    Done: true,
    dueDate: '2026-12-02T15:30:00+00:00',
    Tags: 'a; b',
    completedAt: '2026-11-21T08:00:00Z',
  },
  { id: 3, name: 'Someday', status: 'In review', priority: 9, due: 'next year' },
  { id: 4, task: 'Midnight', status: 'Pending', dueDate: '2026-12-24T00:00:00.000Z' },
  'a line',
];

const expected = [
  {
    title: 'Buy milk',
    description: 'Two litres',
    priority: 'High',
    tags: ['shop', 'home'],
    dueDate: '2026-12-01',
    createdAt: '2026-11-20T08:00:00.000Z',
  },
  {
    title: 'Ring Bo',
    tags: ['a', 'b'],
    dueDate: '2026-12-02',
    dueTime: '16:30',
    completed: true,
    completedAt: '2026-11-21T08:00:00.000Z',
  },
  { title: 'Someday', description: 'Due: next year' },
  { title: 'Midnight', dueDate: '2026-12-24' },
];

test.each([
  ['an array', objects],
  ['an object with tasks', { tasks: objects }],
])('%s of objects, whatever the case of their fields', (_, document) => {
  const { tasks, notes, keys } = readSample(consoleJson, JSON.stringify(document));
  expect(tasks).toEqual(expected.map((task, index) => ({ place: `tasks.${index}`, ...task })));
  expect(keys).toEqual(['1', '2', '3', '4']);
  expect(notes).toEqual([
    'tasks.2, changed: its status "in review" is open here',
    'tasks.2, changed: the due date "next year" is not one of a task; it is in the description',
    'tasks.2, changed: the priority "9" is not known: high, medium and low are',
    'tasks.4, skipped: is no task, which would be a JSON object',
  ]);
});

test('a CSV file is read by the names of its columns, with any of the usual separators', () => {
  const text =
    'Id;Title;Description;Status;Priority;Due Date;Tags;Created At\r\n1;Buy milk;"Two litres\r\nof it";open;High;2026-12-01;"shop,home";2026-11-20 08:00\r\n2;Ring Bo;;completed;;;;\r\n';
  expect(readSample(consoleCsv, text).tasks).toEqual([
    {
      place: 'line 2',
      title: 'Buy milk',
      description: 'Two litres\nof it',
      priority: 'High',
      tags: ['shop', 'home'],
      dueDate: '2026-12-01',
      createdAt: '2026-11-20T08:00:00.000Z',
    },
    { place: 'line 4', title: 'Ring Bo', completed: true },
  ]);
});

test.each([
  ['UTF-8 with a byte order mark', Buffer.from('\ufefftitle,done\nCafé,yes\n')],
  ['UTF-16, little end first', Buffer.from('\ufefftitle,done\nCafé,yes\n', 'utf16le')],
  ['UTF-16, big end first', Buffer.from('\ufefftitle,done\nCafé,yes\n', 'utf16le').swap16()],
])('%s is read', (_, file) => {
  expect(readSample(consoleCsv, file).tasks).toEqual([{ place: 'line 2', title: 'Café', completed: true }]);
});

test('bytes that are no text are refused with their line', () => {
  expect(() => consoleCsv.read(Buffer.from('title,done\nCaf\xe9,yes\n', 'latin1'), importOptions)).toThrow(
    'Line 2 is not UTF-8 text: save the file as UTF-8',
  );
});

test('texts that are too long are cut, and what is cut off a title is in the description', () => {
  const title = 'é'.repeat(300);
  const tags = ['x'.repeat(60), '\u0007', ...Array.from({ length: 25 }, (_, index) => `t${index}`)];
  const task = { id: 1, title, description: 'd'.repeat(900), tags };
  const { tasks, notes } = readSample(consoleJson, JSON.stringify([task]));
  expect(tasks).toEqual([
    {
      place: 'tasks.0',
      title: 'é'.repeat(200),
      description: `${title}\n${'d'.repeat(699)}`,
      tags: ['x'.repeat(50), ...Array.from({ length: 19 }, (_, index) => `t${index}`)],
    },
  ]);
  expect(notes).toEqual([
    'tasks.0, changed: the title is longer than 200 characters; the description has all of it',
    'tasks.0, changed: the description has 1201 characters; the first 1000 are kept',
    `tasks.0, changed: the tag "${'x'.repeat(60)}" is longer than 50 characters, and is cut`,
    'tasks.0, changed: has 26 tags; the first 20 are kept',
  ]);
});

test('a title has no control characters and no half of a surrogate pair', () => {
  const { tasks } = readSample(consoleJson, bytesOf('[{"title":" a\\u0000b\\r\\n\\tc\\ud800 ", "id":1}]'));
  expect(tasks).toEqual([{ place: 'tasks.0', title: 'a b c\ufffd' }]);
});

test('a circle of parents is opened, and the same id counts once', () => {
  const { tasks, notes } = readSample(
    consoleJson,
    JSON.stringify([
      { id: 1, title: 'A', parent_id: 2 },
      { id: 2, title: 'B', parent_id: 1 },
      { id: 1, title: 'C' },
    ]),
  );
  expect(tasks).toEqual([
    { place: 'tasks.0', title: 'A' },
    { place: 'tasks.1', title: 'B', parent: 'A' },
  ]);
  expect(notes).toEqual([
    'tasks.2, skipped: is the same task as that of tasks.0',
    'tasks.0, changed: is no subtask any more: the tasks above it are in a circle',
  ]);
});
