import { clockTime } from '../../dates/days.ts';
import type { FoundData, FoundTask, ImportFormat, ReadOptions } from '../model.ts';
import { type CsvRow, type CsvTable, cellOf, hasColumns, readTable } from './csv.ts';
import { readDate, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import { listIn } from './json.ts';
import { decodeText, headOf, quote } from './text.ts';
import { createZoneNames, type ZoneNames } from './zone-names.ts';

const required = ['id', 'title', 'recurrence_from', 'deleted_at'];
const priorities: readonly FoundTask['priority'][] = ['High', 'Medium', 'Low'];

/** The export puts an apostrophe before what a spreadsheet would take for a formula, and before apostrophes. */
const withoutMark = (text: string) => (text.startsWith("'") ? text.slice(1) : text);

/** A JSON array of names. */
function tagsOf(text: string, place: string, finder: Finder): string[] {
  if (text === '') return [];
  try {
    return listIn(JSON.parse(text)).filter((tag) => typeof tag === 'string');
  } catch {
    finder.changed(place, `the tags ${quote(text)} are left out: a JSON array was expected`);
    return [];
  }
}

function addRow(table: CsvTable, row: CsvRow, finder: Finder, zones: ZoneNames): void {
  const place = `line ${row.line}`;
  const cell = (name: string) => withoutMark(cellOf(table, row, name));
  const optional = (name: string) => cell(name) || null;
  if (cell('deleted_at') !== '') {
    finder.skipped(place, 'is in the trash');
    return;
  }
  const dueDate = readDate(cell('due_date'));
  const zone = cell('time_zone');
  const completed = cell('completed').toLowerCase() === 'true';
  if (dueDate === null && cell('due_date') !== '')
    finder.changed(place, `the due date ${quote(cell('due_date'))} is none that a task may have`);
  finder.add({
    ...(cell('id') !== '' && { key: cell('id') }),
    place,
    title: cell('title'),
    description: optional('description'),
    priority: priorities.find((priority) => priority === cell('priority')) ?? null,
    tags: tagsOf(cell('tags'), place, finder),
    project: optional('project'),
    section: optional('section'),
    parentKey: optional('parent_id'),
    dueDate,
    dueTime: dueDate !== null && clockTime.test(cell('due_time')) ? cell('due_time') : null,
    timeZone: zones.isKnown(zone) ? zone : null,
    startDate: readDate(cell('start_date')),
    recurrence: optional('recurrence'),
    recurrenceFrom: cell('recurrence_from') === 'completion' ? 'completion' : 'due',
    completed,
    completedAt: completed ? readInstant(cell('completed_at')) : null,
    createdAt: readInstant(cell('created_at')),
  });
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const zones = createZoneNames(timeZone);
  const table = readTable(decodeText(file), required);
  const finder = createFinder();
  for (const row of table.rows) addRow(table, row, finder, zones);
  return finder.finish();
}

export const dulyCsv: ImportFormat = {
  name: 'duly-csv',
  label: 'Duly (CSV)',
  recognises: (file) => hasColumns(headOf(file), required),
  read,
};
