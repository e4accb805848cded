import { expect, test } from 'vitest';
import { ics } from '../../../src/import/formats/ics.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const todo = (...lines: string[]) => ['BEGIN:VTODO', ...lines, 'END:VTODO'];

const reminders = calendar(
  'X-WR-CALNAME:Allotment\\, north',
  ...['BEGIN:VTIMEZONE', 'TZID:America/New_York', 'END:VTIMEZONE'],
  ...todo(
    'UID:1',
    'SUMMARY:Order seeds\\, soil\\; and a very long list of other things that needs ',
    ' folding',
    'DESCRIPTION:First line\\nSecond \\\\ line',
    'DUE;TZID=America/New_York:20261202T090000',
    'DTSTART;VALUE=DATE:20261130',
    'PRIORITY:3',
    'CATEGORIES:spring,beds\\, raised',
    'CREATED:20261101T080000Z',
    'URL:https://example.org/seeds',
    ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER;RELATED=END:-PT30M', 'END:VALARM'],
    ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER;VALUE=DATE-TIME:20261202T130000Z', 'END:VALARM'],
  ),
  ...todo('UID:2', 'SUMMARY:Call the nursery', 'RELATED-TO:1', 'DUE:20261201T170000Z', 'PRIORITY:5'),
  ...todo(
    'UID:3',
    'SUMMARY:Old',
    'STATUS:COMPLETED',
    'COMPLETED:20261102T101112Z',
    'PRIORITY:9',
    'DUE;VALUE=DATE:20261101',
  ),
  ...todo(
    'UID:4',
    'SUMMARY:Rake',
    'DTSTART;VALUE=DATE:20261129',
    'DUE;VALUE=DATE:20261130',
    'RRULE:FREQ=WEEKLY;BYDAY=MO',
    'EXDATE;VALUE=DATE:20261207,20261214',
  ),
  ...todo('UID:4', 'RECURRENCE-ID;VALUE=DATE:20261221', 'SUMMARY:Rake more'),
  ...todo('UID:5', 'SUMMARY:Dropped', 'STATUS:CANCELLED', 'DUE;TZID=Middle Earth:20261201T080000'),
  ...['BEGIN:VEVENT', 'UID:6', 'SUMMARY:Market', 'END:VEVENT'],
);

const longTitle = 'Order seeds, soil; and a very long list of other things that needs folding';

test('to-dos become tasks, as a person would read them', () => {
  const { tasks, notes, keys } = readSample(ics, reminders);
  const project = 'Allotment, north';
  expect(tasks).toEqual([
    {
      place: 'line 7',
      title: longTitle,
      description: 'First line\nSecond \\ line\nhttps://example.org/seeds',
      priority: 'High',
      tags: ['spring', 'beds, raised'],
      project,
      dueDate: '2026-12-02',
      dueTime: '09:00',
      timeZone: 'America/New_York',
      startDate: '2026-11-30',
      createdAt: '2026-11-01T08:00:00.000Z',
      reminders: [30, 60],
    },
    {
      place: 'line 27',
      title: 'Call the nursery',
      priority: 'Medium',
      project,
      parent: longTitle,
      dueDate: '2026-12-01',
      dueTime: '18:00',
    },
    {
      place: 'line 34',
      title: 'Old',
      priority: 'Low',
      project,
      dueDate: '2026-11-01',
      completed: true,
      completedAt: '2026-11-02T10:11:12.000Z',
    },
    {
      place: 'line 42',
      title: 'Rake',
      project,
      dueDate: '2026-11-30',
      startDate: '2026-11-29',
      recurrence: 'FREQ=WEEKLY;BYDAY=MO',
      excludedDates: ['2026-12-07', '2026-12-14'],
    },
    { place: 'line 55', title: 'Dropped', project, dueDate: '2026-12-01', dueTime: '08:00', completed: true },
  ]);
  expect(keys).toEqual(['1', '2', '3', '4', '5']);
  expect(notes).toEqual([
    'line 50, skipped: changes one date of a repeating task, which has no equal here',
    'line 55, changed: the time zone "Middle Earth" is not known: the time is yours',
    'line 55, changed: is cancelled, which is completed here',
    'line 61, skipped: is a "VEVENT", and no task',
  ]);
});

test('what Duly exports comes back', () => {
  const text = calendar(
    ...todo(
      'UID:6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11',
      'DTSTAMP:20261121T080000Z',
      'SUMMARY:Stretch',
      'PRIORITY:5',
      'DTSTART;TZID=Asia/Tokyo:20261202T070000',
      'RRULE:FREQ=DAILY;COUNT=3',
      'EXDATE;TZID=Asia/Tokyo:20261203T070000',
      'X-DULY-PROJECT:Health',
      'X-DULY-RECURRENCE-FROM:COMPLETION',
      'STATUS:NEEDS-ACTION',
    ),
  );
  expect(readSample(ics, text).tasks).toEqual([
    {
      place: 'line 3',
      title: 'Stretch',
      priority: 'Medium',
      project: 'Health',
      dueDate: '2026-12-02',
      dueTime: '07:00',
      timeZone: 'Asia/Tokyo',
      recurrence: 'FREQ=DAILY;COUNT=3',
      recurrenceFrom: 'completion',
      excludedDates: ['2026-12-03'],
    },
  ]);
});

test('a reminder after the start of a whole day, and one that is of a place', () => {
  const text = calendar(
    ...todo(
      'UID:1',
      'SUMMARY:A',
      'DUE;VALUE=DATE:20261202',
      ...['BEGIN:VALARM', 'TRIGGER:PT9H', 'END:VALARM'],
      ...['BEGIN:VALARM', 'TRIGGER:-P1D', 'X-APPLE-PROXIMITY:ARRIVE', 'END:VALARM'],
    ),
  );
  const { tasks, notes } = readSample(ics, text);
  expect(tasks).toMatchObject([{ reminders: [-540] }]);
  expect(notes).toEqual([
    'line 3, changed: a reminder is left out: it is not of a time before or after the due date',
  ]);
});

test.each([
  [
    'BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:A\r\n',
    'The VTODO of line 2 has no end: is the file complete?',
  ],
  ['SUMMARY:A\r\n', 'The file is no calendar: it has no BEGIN:VCALENDAR'],
  ['BEGIN:VCALENDAR\r\nEND:VTODO\r\n', 'Line 2 ends "VTODO", which did not begin'],
])('%j is refused', (text, message) => {
  expect(() => ics.read(bytesOf(text), importOptions)).toThrow(message);
});
