import type { FoundData, FoundTask, ImportFormat, ReadOptions } from '../model.ts';
import { type CsvRow, type CsvTable, cellOf, hasColumns, readTable } from './csv.ts';
import { createFinder, type DraftTask, type Finder } from './found.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';
import { readTodoistDate, type TodoistDate } from './todoist-dates.ts';
import { createZoneNames, type ZoneNames } from './zone-names.ts';

/** 1 is the highest; 4, which no column stands for either, is none. */
const priorities = new Map<string, FoundTask['priority']>([
  ['1', 'High'],
  ['2', 'Medium'],
  ['3', 'Low'],
]);

type Cell = (name: string) => string;

/** A task before the notes below it were read. */
interface OpenTask {
  draft: DraftTask;
  level: number;
  notes: string[];
}

/** The name of the project is that of the file, which backups add a number to. */
export function projectOf(fileName: string): string | null {
  const base = fileName.split(/[\\/]/).at(-1) ?? '';
  const name = base
    .replace(/\.csv$/i, '')
    .replace(/ ?\[\d{1,20}\]$/, '')
    .trim();
  return name === '' || name.toLowerCase() === 'inbox' ? null : name;
}

/** Words with `@` are labels. A text of labels alone stays as it is. A star before it makes a task without a box. */
function splitContent(content: string): { title: string; tags: string[] } {
  const words = content.replace(/^\* /, '').split(' ');
  const isLabel = (word: string) => word.length > 1 && word.startsWith('@');
  const title = words
    .filter((word) => !isLabel(word))
    .join(' ')
    .trim();
  if (title === '') return { title: content, tags: [] };
  return { title, tags: words.filter(isLabel).map((word) => word.slice(1)) };
}

/** Reads the rows of a project in order: sections, tasks by their levels, and notes of the task above. */
class ProjectReader {
  readonly #finder: Finder;
  readonly #options: ReadOptions;
  readonly #project: string | null;
  readonly #placePrefix: string;
  readonly #zones: ZoneNames;
  #section: string | null = null;
  #open: OpenTask | null = null;
  /** Keys of the tasks above, by level; null for one that was left out. */
  #above: (string | null)[] = [];

  constructor(finder: Finder, options: ReadOptions, placePrefix: string) {
    this.#finder = finder;
    this.#options = options;
    this.#project = projectOf(options.fileName);
    this.#placePrefix = placePrefix;
    this.#zones = createZoneNames(options.timeZone);
  }

  read(table: CsvTable): void {
    for (const row of table.rows) this.#readRow(table, row);
    this.#close();
  }

  #readRow(table: CsvTable, row: CsvRow): void {
    const cell: Cell = (name) => cellOf(table, row, name);
    const place = `${this.#placePrefix}line ${row.line}`;
    const type = cell('type').toLowerCase();
    if (type === 'task') this.#readTask(cell, place);
    else if (type === 'section') this.#readSection(cell, place);
    else if (type === 'note') this.#readNote(cell, place);
    // Other rows are settings of the project, or blank.
    else if (type !== 'meta' && type !== '')
      this.#finder.skipped(place, `is a ${quote(type)}; task, section and note are known`);
  }

  #readSection(cell: Cell, place: string): void {
    this.#close();
    this.#above = [];
    const name = cell('content');
    if (name !== '' && this.#project === null)
      this.#finder.changed(place, `the section ${quote(name)} is left out: the inbox has no sections`);
    this.#section = name === '' || this.#project === null ? null : name;
  }

  #readNote(cell: Cell, place: string): void {
    const text = cell('content');
    if (text === '') return;
    if (this.#open === null) this.#finder.skipped(place, 'is a note of the project, which has no equal here');
    else this.#open.notes.push(text);
  }

  #readTask(cell: Cell, place: string): void {
    this.#close();
    const level = Math.min(100, Math.max(1, Number.parseInt(cell('indent'), 10) || 1));
    const { title, tags } = splitContent(cell('content'));
    const date = this.#dateOf(cell, place);
    const draft = {
      place,
      title,
      description: joinLines(
        cell('description'),
        ...this.#rest(cell, place, date.dueDate ?? null),
        date.text,
      ),
      priority: priorities.get(cell('priority')) ?? null,
      tags,
      project: this.#project,
      section: this.#section,
      dueDate: date.dueDate ?? null,
      dueTime: date.dueTime ?? null,
      timeZone: date.timeZone ?? null,
      recurrence: date.recurrence ?? null,
      recurrenceFrom: date.recurrenceFrom ?? 'due',
      // As it is written: words such as `tomorrow` mean another day in the next import.
      since: cell('date'),
    };
    this.#open = { draft, level, notes: [] };
  }

  #dateOf(cell: Cell, place: string): Partial<TodoistDate> & { text: string | null } {
    const { today } = this.#options;
    const context = { today, zones: this.#zones, rowZone: cell('timezone'), language: cell('date_lang') };
    const sent = cell('date');
    if (sent !== '') {
      const date = readTodoistDate(sent, context);
      if (date !== null) return { ...date, text: null };
      this.#finder.changed(place, `the date ${quote(sent)} is not understood; it is in the description`);
      return { text: `Date: ${sent}` };
    }
    const deadline = cell('deadline');
    const date =
      deadline === '' ? null : readTodoistDate(deadline, { ...context, language: cell('deadline_lang') });
    return { ...date, text: null };
  }

  /** What has no field here, as lines of the description. */
  *#rest(cell: Cell, place: string, dueDate: string | null): Generator<string> {
    const deadline = cell('deadline');
    if (deadline !== '' && (cell('date') !== '' || dueDate === null)) {
      this.#finder.changed(place, `the deadline ${quote(deadline)} is in the description`);
      yield `Deadline: ${deadline}`;
    }
    const duration = cell('duration');
    if (duration !== '' && duration.toLowerCase() !== 'none') {
      const text = `${duration} ${cell('duration_unit')}`.trim();
      this.#finder.changed(place, `the duration ${quote(text)} is in the description`);
      yield `Duration: ${text}`;
    }
    const responsible = cell('responsible');
    if (responsible !== '')
      this.#finder.changed(place, `is assigned to ${quote(responsible)}, which has no equal here`);
  }

  /** Hands over the task whose notes were read. */
  #close(): void {
    if (this.#open === null) return;
    const { draft, level, notes } = this.#open;
    this.#open = null;
    this.#above.length = Math.min(this.#above.length, level - 1);
    const parentKey = this.#above.findLast((key) => key !== null) ?? null;
    const description = joinLines(draft.description, ...notes);
    const key = this.#finder.add({ ...draft, description, parentKey });
    while (this.#above.length < level - 1) this.#above.push(null);
    this.#above.push(key);
  }
}

/** Adds the tasks of a project's file. */
export function readProject(file: Buffer, options: ReadOptions, finder: Finder, placePrefix = ''): void {
  const table = readTable(decodeText(file), ['type', 'content']);
  new ProjectReader(finder, options, placePrefix).read(table);
}

function read(file: Buffer, options: ReadOptions): FoundData {
  const finder = createFinder();
  readProject(file, options, finder);
  return finder.finish();
}

export const todoistCsv: ImportFormat = {
  name: 'todoist-csv',
  label: 'Todoist (CSV)',
  recognises: (file) => hasColumns(headOf(file), ['type', 'content', 'indent']),
  read,
};
