import { startOfDay } from '../../dates/zones.ts';
import type { FoundData, FoundTask, ImportFormat, ReadOptions } from '../model.ts';
import { readDate } from './date-times.ts';
import { createFinder, type DraftTask, type Finder } from './found.ts';
import { ruleOf } from './repeats.ts';
import { decodeText, headOf, joinLines, quote } from './text.ts';

/** What a line begins with: `x`, a priority, dates. */
interface Beginning {
  completed: boolean;
  priority: string | null;
  /** At most two: of a done task, the first is that of its completion. */
  dates: string[];
  words: string[];
}

function readBeginning(line: string): Beginning {
  const words = line.split(/[ \t]+/);
  const completed = words[0] === 'x';
  if (completed) words.shift();
  let priority: string | null = null;
  const dates: string[] = [];
  for (let word = words[0]; word !== undefined && words.length > 1; word = words[0]) {
    const date = word.length === 10 ? readDate(word) : null;
    const [, letter] = /^\(([A-Z])\)$/.exec(word) ?? [];
    if (letter !== undefined && priority === null && dates.length === 0) priority = letter;
    else if (date !== null && dates.length < (completed ? 2 : 1)) dates.push(date);
    else break;
    words.shift();
  }
  return { completed, priority, dates, words };
}

/** A is High, B is Medium, and all others are Low. */
function priorityOf(letter: string | null): FoundTask['priority'] {
  if (letter === null) return null;
  if (letter === 'A') return 'High';
  return letter === 'B' ? 'Medium' : 'Low';
}

const keys = ['due', 't', 'rec', 'pri', 'h'] as const;
type Key = (typeof keys)[number];

/** The words of a line by what they are. */
interface Words {
  title: string;
  values: Partial<Record<Key, string>>;
  projects: string[];
  contexts: string[];
}

/** Splits a word such as `due:2026-11-28`; null for other words, whose colon is text. */
function keyAndValue(word: string): [Key, string] | null {
  const colon = word.indexOf(':');
  const key = colon < 0 ? undefined : keys.find((name) => name === word.slice(0, colon));
  return key === undefined || colon === word.length - 1 ? null : [key, word.slice(colon + 1)];
}

const isName = (word: string) => word.length > 1 && (word.startsWith('+') || word.startsWith('@'));

/** Names of projects and contexts at either end are no part of the title. Within it, a name stays without its sign. */
function sortWords(words: readonly string[]): Words {
  const values: Words['values'] = {};
  const text: string[] = [];
  for (const word of words) {
    const found = keyAndValue(word);
    if (found !== null && values[found[0]] === undefined) values[found[0]] = found[1];
    else if (word !== '') text.push(word);
  }
  const names = text.filter(isName);
  const first = text.findIndex((word) => !isName(word));
  const last = text.findLastIndex((word) => !isName(word));
  const title = text
    .slice(Math.max(first, 0), last + 1)
    .map((word) => (isName(word) ? word.slice(1) : word))
    .join(' ');
  const namesOf = (sign: string) =>
    names.filter((name) => name.startsWith(sign)).map((name) => name.slice(1));
  return { title, values, projects: namesOf('+'), contexts: namesOf('@') };
}

const units = new Map([
  ['d', 'DAILY'],
  ['w', 'WEEKLY'],
  ['m', 'MONTHLY'],
  ['y', 'YEARLY'],
] as const);

type Repeat = Pick<DraftTask, 'recurrence' | 'recurrenceFrom'>;

/** `rec:2w` counts from the completion, `rec:+2w` from the due date. `b` is a working day. */
function readRepeat(value: string): Repeat | null {
  const [, plus, count = '', unit = ''] = /^(\+)?(\d{0,3})([dwmyb])$/.exec(value) ?? [];
  const interval = count === '' ? 1 : Number(count);
  const frequency = [...units].find(([letter]) => letter === unit)?.[1];
  const recurrenceFrom = plus === undefined ? 'completion' : 'due';
  if (interval === 0) return null;
  if (unit === 'b' && interval === 1)
    return { recurrence: ruleOf('WEEKLY', 1, 'BYDAY=MO,TU,WE,TH,FR'), recurrenceFrom };
  return frequency === undefined ? null : { recurrence: ruleOf(frequency, interval), recurrenceFrom };
}

interface Line {
  text: string;
  place: string;
}

/** A date of `due:` or `t:`. Any other value stays in the description. */
function dateOf(key: 'due' | 't', { values }: Words, { place }: Line, finder: Finder) {
  const value = values[key];
  if (value === undefined) return { date: null, text: null };
  const date = readDate(value);
  if (date === null)
    finder.changed(place, `${quote(`${key}:${value}`)} is no date; it is in the description`);
  return { date, text: date === null ? `${key}:${value}` : null };
}

function repeatOf({ values }: Words, { place }: Line, finder: Finder): Repeat & { text: string | null } {
  const value = values.rec;
  if (value === undefined) return { text: null };
  const repeat = readRepeat(value);
  if (repeat !== null) return { ...repeat, text: null };
  finder.changed(place, `the repeat ${quote(`rec:${value}`)} is not known; it is in the description`);
  return { text: `rec:${value}` };
}

type StartOf = (date: string | undefined) => string | null;

function addLine(line: Line, finder: Finder, startOf: StartOf): void {
  const { completed, priority, dates, words } = readBeginning(line.text);
  const found = sortWords(words);
  if (found.values.h === '1') {
    finder.skipped(line.place, 'is hidden (h:1): such lines only keep names of projects and contexts');
    return;
  }
  const due = dateOf('due', found, line, finder);
  const start = dateOf('t', found, line, finder);
  const repeat = repeatOf(found, line, finder);
  const created = dates[completed ? 1 : 0];
  const [project = null, ...others] = found.projects;
  finder.add({
    place: line.place,
    title: found.title === '' ? line.text : found.title,
    description: joinLines(due.text, start.text, repeat.text),
    priority: priorityOf(priority ?? found.values.pri?.toUpperCase() ?? null),
    project,
    tags: [...others, ...found.contexts],
    dueDate: due.date,
    startDate: start.date,
    recurrence: repeat.recurrence ?? null,
    recurrenceFrom: repeat.recurrenceFrom ?? 'due',
    completed,
    completedAt: completed ? startOf(dates[0]) : null,
    createdAt: startOf(created),
    since: created ?? due.date,
  });
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const finder = createFinder();
  // Few dates on many lines.
  const starts = new Map<string, string>();
  const startOf: StartOf = (date) => {
    if (date === undefined) return null;
    const known = starts.get(date) ?? startOfDay(date, timeZone);
    starts.set(date, known);
    return known;
  };
  decodeText(file)
    .split(/\r\n|\n|\r/)
    .forEach((sent, index) => {
      const text = sent.trim();
      if (text !== '') addLine({ text, place: `line ${index + 1}` }, finder, startOf);
    });
  return finder.finish();
}

/** A line that begins or ends as only lines of todo.txt do. */
const typical = /^(?:x \d{4}-|\([A-Z]\) |\d{4}-\d\d-\d\d \S)|(?: |^)[+@]\w\S*$| (?:due|t|rec|pri):\S+$/;

export const todoTxt: ImportFormat = {
  name: 'todo-txt',
  label: 'todo.txt',
  recognises(file, name) {
    if (/\.txt$/i.test(name)) return true;
    const lines = headOf(file).split(/\r\n|\n|\r/, 20);
    return lines.some((line) => line.length < 500 && typical.test(line));
  },
  read,
};
