import { expect, test } from 'vitest';
import { microsoftTodo } from '../../../src/import/formats/microsoft-todo.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const utc = (dateTime: string) => ({ dateTime: `${dateTime}.0000000`, timeZone: 'UTC' });
const noEnd = { type: 'noEnd', startDate: '2026-12-01', endDate: '0001-01-01', numberOfOccurrences: 0 };

const rent = {
  '@odata.etag': 'W/"1"',
  importance: 'high',
  isReminderOn: true,
  status: 'notStarted',
  title: 'Pay the rent',
  createdDateTime: '2026-11-01T08:00:00.1234567Z',
  hasAttachments: true,
  categories: ['Money'],
  id: 'AA1',
  body: {
    content:
      '<html><head><style>p{}</style></head><body><p>Account &amp; IBAN</p><p>in the folder</p></body></html>',
    contentType: 'html',
  },
  dueDateTime: utc('2026-12-01T00:00:00'),
  reminderDateTime: utc('2026-12-01T08:00:00'),
  recurrence: {
    pattern: {
      type: 'absoluteMonthly',
      interval: 1,
      month: 0,
      dayOfMonth: 1,
      daysOfWeek: [],
      firstDayOfWeek: 'sunday',
      index: 'first',
    },
    range: noEnd,
  },
  checklistItems: [
    {
      id: 's1',
      displayName: 'Check the account',
      isChecked: true,
      createdDateTime: '2026-11-01T08:01:00Z',
      checkedDateTime: '2026-11-02T08:01:00Z',
    },
    { id: 's2', displayName: 'Send it', isChecked: false },
  ],
};
const ring = {
  id: 'AA2',
  title: 'Ring Ada',
  importance: 'normal',
  status: 'inProgress',
  isReminderOn: true,
  reminderDateTime: { dateTime: '2026-12-02T09:30:00', timeZone: 'Pacific Standard Time' },
  body: { content: 'About the boat', contentType: 'text' },
  linkedResources: [{ webUrl: 'https://mail.example.org/2', applicationName: 'Mail' }],
};
const done = {
  id: 'AA3',
  title: 'Paint the fence',
  importance: 'low',
  status: 'completed',
  completedDateTime: utc('2026-11-20T00:00:00'),
  // A midnight in Berlin.
  dueDateTime: utc('2026-11-20T23:00:00'),
  recurrence: { pattern: { type: 'daily', interval: 1 }, range: noEnd },
};

const lists = [
  { id: 'L1', displayName: 'Tasks', wellknownListName: 'defaultList', isOwner: true, tasks: [ring] },
  { id: 'L2', displayName: 'House', wellknownListName: 'none', isOwner: true, tasks: [rent, done] },
];

const expected = [
  {
    title: 'Ring Ada',
    description: 'About the boat\nhttps://mail.example.org/2',
    dueDate: '2026-12-02',
    dueTime: '09:30',
    reminders: [0],
  },
  {
    title: 'Pay the rent',
    description: 'Account & IBAN\nin the folder',
    priority: 'High',
    tags: ['Money'],
    project: 'House',
    dueDate: '2026-12-01',
    recurrence: 'FREQ=MONTHLY;BYMONTHDAY=1',
    createdAt: '2026-11-01T08:00:00.000Z',
    reminders: [-540],
  },
  {
    title: 'Check the account',
    project: 'House',
    parent: 'Pay the rent',
    completed: true,
    completedAt: '2026-11-02T08:01:00.000Z',
    createdAt: '2026-11-01T08:01:00.000Z',
  },
  { title: 'Send it', project: 'House', parent: 'Pay the rent' },
  {
    title: 'Paint the fence',
    priority: 'Low',
    project: 'House',
    dueDate: '2026-11-21',
    completed: true,
    completedAt: '2026-11-20T00:00:00.000Z',
  },
];
const withoutPlaces = (tasks: readonly object[]) =>
  tasks.map((task) => Object.fromEntries(Object.entries(task).filter(([name]) => name !== 'place')));

test('lists with tasks, as programs store them', () => {
  const { tasks, notes, keys } = readSample(microsoftTodo, JSON.stringify(lists));
  expect(withoutPlaces(tasks)).toEqual(expected);
  expect(tasks.map(({ place }) => place)).toEqual([
    '0.tasks.0',
    '1.tasks.0',
    '1.tasks.0.checklistItems.0',
    '1.tasks.0.checklistItems.1',
    '1.tasks.1',
  ]);
  expect(keys).toEqual(['AA2', 'AA1', 'AA1 s1', 'AA1 s2', 'AA3']);
  expect(notes).toEqual([
    '0.tasks.0, changed: the time zone "Pacific Standard Time" is not known: the time is yours',
    '0.tasks.0, changed: is due at its reminder, 2026-12-02 09:30: it has no due date',
    '0.tasks.0, changed: is in progress, which is open here',
    '1.tasks.0, changed: its attachments are not in the file',
  ]);
});

const bare = lists.map(({ tasks, ...list }) => list);
test.each([
  ['the answer of a request for lists', { '@odata.context': 'x', value: lists }],
  ['an object of lists', { lists }],
  [
    'lists beside tasks by the id of the list',
    { lists: bare, tasks: { L1: [ring], L2: { value: [rent, done] } } },
  ],
])('%s', (_, document) => {
  expect(withoutPlaces(readSample(microsoftTodo, JSON.stringify(document)).tasks)).toEqual(expected);
});

test('the tasks of one list are of the project that the file is named after', () => {
  const { tasks } = readSample(microsoftTodo, JSON.stringify({ value: [rent, done] }), {
    fileName: 'House.json',
  });
  expect(withoutPlaces(tasks)).toEqual(expected.slice(1));
});

test.each([
  [{ type: 'daily', interval: 3 }, noEnd, 'FREQ=DAILY;INTERVAL=3'],
  [
    { type: 'weekly', interval: 2, daysOfWeek: ['monday', 'friday'], firstDayOfWeek: 'sunday' },
    noEnd,
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU',
  ],
  [
    { type: 'relativeMonthly', interval: 1, daysOfWeek: ['tuesday'], index: 'last' },
    noEnd,
    'FREQ=MONTHLY;BYDAY=-1TU',
  ],
  [
    { type: 'relativeMonthly', interval: 1, daysOfWeek: ['saturday', 'sunday'], index: 'first' },
    noEnd,
    'FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1',
  ],
  [
    { type: 'absoluteYearly', interval: 1, month: 12, dayOfMonth: 24 },
    { type: 'endDate', endDate: '2030-12-31' },
    'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24;UNTIL=20301231',
  ],
  [
    { type: 'relativeYearly', interval: 1, month: 5, daysOfWeek: ['sunday'], index: 'second' },
    { type: 'numbered', numberOfOccurrences: 4 },
    'FREQ=YEARLY;BYMONTH=5;BYDAY=2SU;COUNT=4',
  ],
])('the pattern %o is the rule %s', (pattern, range, recurrence) => {
  const task = { title: 'a', dueDateTime: utc('2026-12-01T00:00:00'), recurrence: { pattern, range } };
  expect(readSample(microsoftTodo, JSON.stringify([task])).tasks).toMatchObject([{ recurrence }]);
});

test('an object that holds no lists says so', () => {
  expect(() => microsoftTodo.read(bytesOf('{"user": 1}'), importOptions)).toThrow(
    'has no lists of Microsoft To Do',
  );
});
