import { expect, test } from 'vitest';
import { ticktickCsv } from '../../../src/import/formats/ticktick-csv.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const preamble = '"Date: 2026-11-28+0000"\n"Version: 7.1"\n"Status: \n0 Normal\n1 Completed\n2 Archived"\n';
const names = [
  ...[
    'Folder Name',
    'List Name',
    'Title',
    'Kind',
    'Tags',
    'Content',
    'Is Check list',
    'Start Date',
    'Due Date',
  ],
  ...['Reminder', 'Repeat', 'Priority', 'Status', 'Created Time', 'Completed Time', 'Order', 'Timezone'],
  ...['Is All Day', 'Is Floating', 'Column Name', 'Column Order', 'View Mode', 'taskId', 'parentId'],
];
const csvRow = (values: Record<string, string>) =>
  `${names.map((name) => `"${values[name] ?? ''}"`).join(',')}\n`;
const header = `${names.map((name) => `"${name}"`).join(',')}\n`;

const rows = [
  {
    'Folder Name': 'Home',
    'List Name': 'Kitchen',
    Title: 'Defrost the fridge',
    Kind: 'TEXT',
    Tags: 'cold, monthly',
    Content: 'Unplug it first\rThen wait',
    'Start Date': '2026-11-30T23:00:00+0000',
    'Due Date': '2026-11-30T23:00:00+0000',
    Reminder: 'P0DT9H0M0S',
    Repeat: 'RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1',
    Priority: '5',
    Status: '0',
    'Created Time': '2026-11-01T08:00:00+0000',
    Timezone: 'Europe/Berlin',
    'Is All Day': 'true',
    'Is Floating': 'false',
    'Column Name': 'Big jobs',
    taskId: '1',
  },
  {
    'List Name': 'Kitchen',
    Title: 'Buy a scraper',
    Kind: 'TEXT',
    'Due Date': '2026-11-30T15:30:00+0000',
    Reminder: '-PT15M, PT0S',
    Priority: '3',
    Status: '0',
    'Created Time': '2026-11-01T08:05:00+0000',
    Timezone: 'America/New_York',
    'Is All Day': 'false',
    'Is Floating': 'false',
    taskId: '2',
    parentId: '1',
  },
  {
    'List Name': 'Inbox',
    Title: 'Pack',
    Kind: 'CHECKLIST',
    Content: 'For the sea\n▪Towel\n▫Book',
    'Is Check list': 'Y',
    Priority: '1',
    Status: '0',
    'Created Time': '2026-11-02 08:00:00',
    taskId: '3',
  },
  {
    'List Name': 'Inbox',
    Title: 'Old',
    Kind: 'TEXT',
    Priority: '0',
    Status: '2',
    'Created Time': '2025-01-02T08:00:00+0000',
    'Completed Time': '2025-02-03T09:10:11+0000',
    Repeat: 'RRULE:FREQ=DAILY',
    'Due Date': '2025-02-02T23:00:00+0000',
    Timezone: 'Europe/Berlin',
    taskId: '4',
  },
  {
    'List Name': 'Inbox',
    Title: 'Ideas',
    Kind: 'NOTE',
    Priority: '0',
    Status: '0',
    'Created Time': '2026-11-03T08:00:00+0000',
    taskId: '5',
  },
  {
    'List Name': 'Inbox',
    Title: 'Review',
    Kind: 'TEXT',
    'Due Date': '2026-12-01T23:00:00+0000',
    Repeat: 'ERULE:NAME=FORGETTINGCURVE;CYCLE=0',
    Priority: '0',
    Status: '0',
    'Created Time': '2026-11-04T08:00:00+0000',
    Timezone: 'Europe/Berlin',
    'Is All Day': 'true',
    taskId: '6',
  },
];

const sample = preamble + header + rows.map(csvRow).join('');

test('rows become tasks, as a person would read them', () => {
  const { tasks, notes } = readSample(ticktickCsv, sample);
  expect(tasks).toEqual([
    {
      place: 'line 8',
      title: 'Defrost the fridge',
      description: 'Unplug it first\nThen wait',
      priority: 'High',
      tags: ['cold', 'monthly'],
      project: 'Kitchen',
      section: 'Big jobs',
      dueDate: '2026-12-01',
      recurrence: 'FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1',
      createdAt: '2026-11-01T08:00:00.000Z',
      reminders: [-540],
    },
    {
      place: 'line 9',
      title: 'Buy a scraper',
      priority: 'Medium',
      project: 'Kitchen',
      parent: 'Defrost the fridge',
      dueDate: '2026-11-30',
      dueTime: '10:30',
      timeZone: 'America/New_York',
      createdAt: '2026-11-01T08:05:00.000Z',
      reminders: [15, 0],
    },
    {
      place: 'line 10',
      title: 'Pack',
      description: 'For the sea',
      priority: 'Low',
      createdAt: '2026-11-02T08:00:00.000Z',
    },
    { place: 'line 10, item 1', title: 'Towel', parent: 'Pack', completed: true },
    { place: 'line 10, item 2', title: 'Book', parent: 'Pack' },
    {
      place: 'line 13',
      title: 'Old',
      dueDate: '2025-02-03',
      completed: true,
      completedAt: '2025-02-03T09:10:11.000Z',
      createdAt: '2025-01-02T08:00:00.000Z',
    },
    { place: 'line 14', title: 'Ideas', createdAt: '2026-11-03T08:00:00.000Z' },
    {
      place: 'line 15',
      title: 'Review',
      description: 'Repeat: ERULE:NAME=FORGETTINGCURVE;CYCLE=0',
      dueDate: '2026-12-02',
      createdAt: '2026-11-04T08:00:00.000Z',
    },
  ]);
  expect(notes).toEqual([
    'line 14, changed: is a note in TickTick, and a task here',
    expect.stringMatching(
      /^line 15, changed: the repeat "ERULE:NAME=FORGETTINGCURVE;CYCLE=0" is in the description: /,
    ),
  ]);
});

test('a file of 25 columns in another order is read by the names', () => {
  const text =
    '"Title","New Column","Folder Name","List Name","Status","Created Time"\r\n"A","x","","Inbox","1",""\r\n';
  expect(readSample(ticktickCsv, text).tasks).toEqual([{ place: 'line 2', title: 'A', completed: true }]);
});

test('ids that another export counts anew do not change the keys', () => {
  const later =
    preamble +
    header +
    [
      { Title: 'New', 'List Name': 'Inbox', Status: '0', taskId: '1' },
      ...rows.slice(1).map((row) => ({ ...row, taskId: String(Number(row.taskId) + 7), parentId: '' })),
    ]
      .map(csvRow)
      .join('');
  const before = readSample(ticktickCsv, sample);
  const after = readSample(ticktickCsv, later);
  expect(after.keys).toEqual(expect.arrayContaining(before.keys.slice(1)));
});

test('a file without the names of columns, and one that ends within a cell, say so', () => {
  expect(() => ticktickCsv.read(bytesOf('"Date: 2026"\n"a","b"'), importOptions)).toThrow(
    'No line names the columns "list name", "title", "status"; the first line is ""Date: 2026""',
  );
  expect(() =>
    ticktickCsv.read(bytesOf(sample.slice(0, sample.indexOf('Review') + 3)), importOptions),
  ).toThrow('The quoted cell of line 15 has no end: is the file complete?');
});
