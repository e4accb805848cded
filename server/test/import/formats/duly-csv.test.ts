import { expect, test } from 'vitest';
import { csvCell } from '../../../src/export/csv.ts';
import { dulyCsv } from '../../../src/import/formats/duly-csv.ts';
import { readSample } from '../../support/import-formats.ts';

const header =
  'id,title,description,completed,completed_at,priority,due_date,due_time,time_zone,start_date,recurrence,recurrence_from,tags,project,section,parent_id,created_at,updated_at,deleted_at';
const at = '2026-11-20T08:00:00.000Z';
const line = (...values: (string | boolean | null)[]) => `${values.map(csvCell).join(',')}\r\n`;

const sample = [
  `${header}\r\n`,
  line(
    'b',
    '=SUM(A1)',
    "'quoted'\nand more",
    false,
    null,
    'High',
    '2026-12-01',
    '09:30',
    'Asia/Tokyo',
    '2026-11-29',
    'FREQ=WEEKLY;BYDAY=TU',
    'completion',
    '["a,b","c"]',
    'Work',
    'Later',
    'a',
    at,
    at,
    null,
  ),
  line(
    'a',
    'Above',
    null,
    true,
    '2026-11-21T08:00:00.000Z',
    'Low',
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    at,
    at,
    null,
  ),
  line(
    'c',
    'Gone',
    null,
    false,
    null,
    'Medium',
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    at,
    at,
    at,
  ),
].join('');

test('what the export wrote comes back, but for the trash', () => {
  const { tasks, notes, keys } = readSample(dulyCsv, sample);
  expect(tasks).toEqual([
    {
      place: 'line 4',
      title: 'Above',
      priority: 'Low',
      completed: true,
      completedAt: '2026-11-21T08:00:00.000Z',
      createdAt: at,
    },
    {
      place: 'line 2',
      title: '=SUM(A1)',
      description: "'quoted'\nand more",
      priority: 'High',
      tags: ['a,b', 'c'],
      project: 'Work',
      section: 'Later',
      parent: 'Above',
      dueDate: '2026-12-01',
      dueTime: '09:30',
      timeZone: 'Asia/Tokyo',
      startDate: '2026-11-29',
      recurrence: 'FREQ=WEEKLY;BYDAY=TU',
      recurrenceFrom: 'completion',
      createdAt: at,
    },
  ]);
  expect(keys).toEqual(['a', 'b']);
  expect(notes).toEqual(['line 5, skipped: is in the trash']);
});
