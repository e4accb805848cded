import type { FoundData, FoundTask, ImportFormat, ReadOptions } from '../model.ts';
import { type CsvRow, type CsvTable, cellOf, hasColumns, readTable } from './csv.ts';
import { type Clock, clockAt, readDateTime, readDurationMinutes, readInstant } from './date-times.ts';
import { createFinder, type Finder } from './found.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';
import { createZoneNames, type ZoneNames } from './zone-names.ts';

/** One row, by the names of columns. */
type Cell = (name: string) => string;

interface Row {
  cell: Cell;
  key: string;
  place: string;
}

const priorities = new Map<string, FoundTask['priority']>([
  ['1', 'Low'],
  ['3', 'Medium'],
  ['5', 'High'],
]);

/** Completed, archived (done and put away), and what will not be done. */
const doneStates = new Set(['1', '2', '-1']);
const isTrue = (text: string) => text.toLowerCase() === 'true';

/** Times are in UTC, with or without saying so. */
function clockOf(text: string, zone: string): Clock | null {
  const found = readDateTime(text);
  return found && clockAt({ ...found, offsetMinutes: found.offsetMinutes ?? 0 }, zone);
}

const instantOfCell = (text: string) => readInstant(/[Z+]/i.test(text.slice(10)) ? text : `${text}Z`);

type Dates = Pick<FoundTask, 'dueDate' | 'dueTime' | 'timeZone' | 'startDate'>;

/** A start alone is what the task is due at. */
function datesOf({ cell, place }: Row, finder: Finder, zones: ZoneNames): Dates {
  const name = cell('timezone');
  const zone = zones.isKnown(name) ? name : zones.own;
  const start = clockOf(cell('start date'), zone);
  const due = clockOf(cell('due date'), zone) ?? start;
  for (const column of ['start date', 'due date'])
    if (cell(column) !== '' && clockOf(cell(column), zone) === null)
      finder.changed(place, `the ${column} ${quote(cell(column))} is not one that a task may have`);
  if (due === null) return { dueDate: null, dueTime: null, timeZone: null, startDate: null };
  const allDay = cell('is all day');
  const isWholeDay = allDay === '' ? due.time === '00:00' : isTrue(allDay);
  const isFloating = isWholeDay || isTrue(cell('is floating'));
  return {
    dueDate: due.date,
    dueTime: isWholeDay ? null : due.time,
    timeZone: isFloating ? null : zones.otherThanOwn(zone),
    startDate: start !== null && start.date < due.date ? start.date : null,
  };
}

/** Durations after the due time, `-PT15M` for 15 minutes before it; several have commas or lines between them. */
function remindersOf({ cell, place }: Row, finder: Finder): number[] {
  const texts = cell('reminder')
    .split(/[,\n]/)
    .map((text) => text.trim().replace(/^TRIGGER:/i, ''));
  return texts.flatMap((text) => {
    if (text === '') return [];
    const minutes = readDurationMinutes(text);
    if (minutes === null) finder.changed(place, `the reminder ${quote(text)} is left out: it is no duration`);
    return minutes === null ? [] : [-minutes];
  });
}

interface CheckItem {
  title: string;
  isDone: boolean;
}

/** The text of a checklist has a square before each item: a black one if it is done. */
function splitChecklist(content: string): { text: string; items: CheckItem[] } {
  const [text = '', ...parts] = content.split(/(?=[▫▪])/);
  const isItem = /^[▫▪]/.test(text);
  const items = isItem ? [text, ...parts] : parts;
  return {
    text: isItem ? '' : text,
    items: items.map((item) => ({ title: item.slice(1).trim(), isDone: item.startsWith('▪') })),
  };
}

function addRow(row: Row, keys: ReadonlyMap<string, string>, finder: Finder, zones: ZoneNames): void {
  const { cell, place, key } = row;
  const completed = doneStates.has(cell('status'));
  const { text, items } = splitChecklist(cell('content'));
  const project = cell('list name') === 'Inbox' ? null : cell('list name');
  const parentId = cell('parentid');
  // A done task with a rule is one date of a series, whose open task has the rule as well.
  const recurrence = completed || cell('repeat') === '' ? null : withoutOwnParts(row, finder);
  const added = finder.add({
    key,
    place,
    title: cell('title'),
    description: joinLines(text),
    priority: priorities.get(cell('priority')) ?? null,
    tags: cell('tags').split(','),
    project,
    section: cell('column name'),
    parentKey: parentId === '' ? null : (keys.get(parentId) ?? `? ${parentId}`),
    ...datesOf(row, finder, zones),
    recurrence,
    completed,
    completedAt: completed ? instantOfCell(cell('completed time')) : null,
    createdAt: instantOfCell(cell('created time')),
    reminders: completed ? [] : remindersOf(row, finder),
  });
  reportKind(row, finder);
  if (added === null) return;
  items.forEach(({ title, isDone }, index) => {
    if (title === '') return;
    const itemPlace = `${place}, item ${index + 1}`;
    finder.add({ place: itemPlace, title, project, parentKey: key, completed: completed || isDone });
  });
}

/** Rules may have parts that only this program knows, such as to leave out holidays. */
function withoutOwnParts({ cell, place }: Row, finder: Finder): string {
  const parts = cell('repeat').split(';');
  const own = parts.filter((part) => part.startsWith('TT_'));
  if (own.length > 0) finder.changed(place, `of the repeat ${quote(own.join(';'))} is left out`);
  return parts.filter((part) => !part.startsWith('TT_')).join(';');
}

function reportKind({ cell, place }: Row, finder: Finder): void {
  if (cell('kind').toUpperCase() === 'NOTE') finder.changed(place, 'is a note in TickTick, and a task here');
  if (cell('status') === '-1') finder.changed(place, 'will not be done, by TickTick: it is completed here');
}

/** Ids count the tasks of one file, so that they are others in the next one. The time of creation stays. */
const keyOfRow = (cell: Cell, finder: Finder): string =>
  finder.keyOf([cell('created time') || cell('list name'), cell('title')]);

function rowOf(table: CsvTable, row: CsvRow, finder: Finder): Row {
  const cell: Cell = (name) => cellOf(table, row, name);
  return { cell, key: keyOfRow(cell, finder), place: `line ${row.line}` };
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const zones = createZoneNames(timeZone);
  const table = readTable(decodeText(file), ['list name', 'title', 'status']);
  const finder = createFinder();
  const rows = table.rows.map((row) => rowOf(table, row, finder));
  const keys = new Map(rows.map(({ cell, key }) => [cell('taskid'), key]));
  for (const row of rows) addRow(row, keys, finder, zones);
  return finder.finish();
}

export const ticktickCsv: ImportFormat = {
  name: 'ticktick-csv',
  label: 'TickTick (CSV)',
  recognises: (file) => hasColumns(headOf(file), ['folder name', 'list name', 'title']),
  read,
};
