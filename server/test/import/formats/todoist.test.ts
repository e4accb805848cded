import { expect, test } from 'vitest';
import { todoistCsv } from '../../../src/import/formats/todoist-csv.ts';
import { todoistZip } from '../../../src/import/formats/todoist-zip.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';
import { zipOf } from '../../support/zip.ts';

const header =
  'TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE,DURATION,DURATION_UNIT,meta,DEADLINE,DEADLINE_LANG,IS_COLLAPSED';
const blank = ',,,,,,,,,,,,,,,';

const sample = `\ufeff${header}
meta,view_style=list,,,,,,,,,,,,,,
note,About the project,,,,,,,,,,,,,,
task,"Book the ferry, return @travel @sea",Cabin if cheap,1,1,Ida (77),,2026-12-05,en,Europe/Berlin,,,,,,
note,Asked for a quote,,,,Ida (77),,,,,,,,,,
task,Compare prices,,4,2,Ida (77),Ole (78),tomorrow at 5pm,en,America/New_York,30,minute,,,,
task,Read reviews,,3,3,Ida (77),,,en,,,,,24 Dec,en,
${blank}
section,Every week,,,,,,,,,,,,,,
task,Water the lemon tree @home,,2,1,Ida (77),,every! 3 days,en,Europe/Berlin,,,,,,
task,Take the bins out,,4,1,Ida (77),,every monday at 07:00,en,Europe/Berlin,,,,,,
task,Ring Ola,,4,1,Ida (77),,hver fredag,da,Europe/Berlin,,,,,,
task,* A heading,,4,1,Ida (77),,the 5th full moon,en,Europe/Berlin,,,,,,
`;

const expected = [
  {
    place: 'line 4',
    title: 'Book the ferry, return',
    description: 'Cabin if cheap\nAsked for a quote',
    priority: 'High',
    tags: ['travel', 'sea'],
    project: 'Summer',
    dueDate: '2026-12-05',
  },
  {
    place: 'line 6',
    title: 'Compare prices',
    description: 'Duration: 30 minute',
    project: 'Summer',
    parent: 'Book the ferry, return',
    dueDate: '2026-11-29',
    dueTime: '17:00',
    timeZone: 'America/New_York',
  },
  {
    place: 'line 7',
    title: 'Read reviews',
    priority: 'Low',
    project: 'Summer',
    parent: 'Compare prices',
    dueDate: '2026-12-24',
  },
  {
    place: 'line 10',
    title: 'Water the lemon tree',
    priority: 'Medium',
    tags: ['home'],
    project: 'Summer',
    section: 'Every week',
    dueDate: '2026-11-28',
    recurrence: 'FREQ=DAILY;INTERVAL=3',
    recurrenceFrom: 'completion',
  },
  {
    place: 'line 11',
    title: 'Take the bins out',
    project: 'Summer',
    section: 'Every week',
    dueDate: '2026-11-30',
    dueTime: '07:00',
    recurrence: 'FREQ=WEEKLY;BYDAY=MO',
  },
  {
    place: 'line 12',
    title: 'Ring Ola',
    description: 'Date: hver fredag',
    project: 'Summer',
    section: 'Every week',
  },
  {
    place: 'line 13',
    title: 'A heading',
    description: 'Date: the 5th full moon',
    project: 'Summer',
    section: 'Every week',
  },
];

test('rows become tasks with their levels, sections, notes and dates in words', () => {
  const { tasks, notes } = readSample(todoistCsv, sample, { fileName: 'Summer.csv' });
  expect(tasks).toEqual(expected);
  expect(notes).toEqual([
    'line 3, skipped: is a note of the project, which has no equal here',
    'line 6, changed: the duration "30 minute" is in the description',
    'line 6, changed: is assigned to "Ole (78)", which has no equal here',
    'line 12, changed: the date "hver fredag" is not understood; it is in the description',
    'line 13, changed: the date "the 5th full moon" is not understood; it is in the description',
  ]);
});

test.each([
  ['Summer [2203306141].csv', 'Summer'],
  ['Inbox.csv', undefined],
  ['', undefined],
  ['backup/Work & play.CSV', 'Work & play'],
])('a file with the name "%s" is of the project %s', (fileName, project) => {
  const { tasks } = readSample(todoistCsv, `${header}\ntask,A,,4,1\n`, { fileName });
  expect(tasks[0]?.project).toBe(project);
});

test.each([
  ['2026-12-01 09:30', { dueDate: '2026-12-01', dueTime: '09:30' }],
  ['2026-12-01T18:30:00-05:00', { dueDate: '2026-12-02', dueTime: '00:30' }],
  ['24 Dec', { dueDate: '2026-12-24' }],
  ['Dec 24 2027', { dueDate: '2027-12-24' }],
  ['every day', { dueDate: '2026-11-28', recurrence: 'FREQ=DAILY' }],
  ['ev 2 weeks', { dueDate: '2026-11-28', recurrence: 'FREQ=WEEKLY;INTERVAL=2' }],
  ['every month on the 15th', { dueDate: '2026-12-15', recurrence: 'FREQ=MONTHLY;BYMONTHDAY=15' }],
])('the date "%s" is %o', (date, fields) => {
  const { tasks } = readSample(todoistCsv, `${header}\ntask,A,,4,1,,,${date},en,Europe/Berlin\n`);
  expect(tasks).toEqual([{ place: 'line 2', title: 'A', ...fields }]);
});

test('keys do not follow the day of the import', () => {
  const today = readSample(todoistCsv, sample);
  const nextWeek = readSample(todoistCsv, sample, { today: '2026-12-05' });
  expect(nextWeek.keys).toEqual(today.keys);
  expect(nextWeek.tasks).not.toEqual(today.tasks);
});

test('a backup has a file for each project; what is no project is left alone', () => {
  const backup = zipOf([
    { name: 'Summer [12].csv', data: bytesOf(sample) },
    { name: '../Inbox.csv', data: bytesOf(`${header}\ntask,Loose end,,4,1\n`) },
    { name: 'photo.jpg', data: bytesOf('no text') },
    { name: 'Broken.csv', data: bytesOf('a,b\n1,2') },
  ]);
  const { tasks, notes } = readSample(todoistZip, backup);
  expect(tasks).toEqual([
    ...expected.map((task) => ({ ...task, place: `Summer: ${task.place}` })),
    { place: 'Inbox: line 2', title: 'Loose end' },
  ]);
  expect(notes.at(-1)).toBe(
    'Broken: the file, skipped: No line names the columns "type", "content"; the first line is "a,b"',
  );
  expect(() => todoistZip.read(zipOf([]), importOptions)).toThrow('has no CSV file');
  expect(() => todoistZip.read(bytesOf(sample), importOptions)).toThrow('no zip archive');
});
