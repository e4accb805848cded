import { hash } from 'node:crypto';
import { type FoundData, type FoundTask, ImportError, type ImportNote } from '../model.ts';
import { type CheckRepeat, cleanRepeat, createRepeatCheck, type RuleMove } from './repeats.ts';
import { orderTasks } from './task-order.ts';
import { cut, joinLines, lengthOf, oneLine, plainText, quote } from './text.ts';

/** The limits of a task, of the names of projects and sections, and of a file. */
const max = {
  title: 200,
  description: 1_000,
  tag: 50,
  tags: 20,
  name: 100,
  reminders: 20,
  excludedDates: 100,
  tasks: 200_000,
};
/** How long before the due time a reminder may be, in minutes; negative: after it. */
const lead = { first: 525_600, last: -10_080 };

/** A task as a reader of a format finds it, before its texts are cut and cleaned. */
export interface DraftTask extends Partial<FoundTask> {
  place: string;
  title: string;
  /** Without a key: what tells tasks with the same title apart, as its creation does. */
  since?: string | null;
  /** Of a rule whose days are those of another clock than the task's. */
  ruleMove?: RuleMove | null;
}

/** Collects what a file has, within the limits of tasks. What does not fit is a note. */
export interface Finder {
  /**
   * @returns the key of the task; null if there is nothing to make one of
   * @throws ImportError if there are too many
   */
  add(draft: DraftTask): string | null;
  /** A key of what tells a task from others: the same in other exports, and another one for the n-th of equal tasks. */
  keyOf(parts: readonly unknown[]): string;
  changed(place: string, reason: string): void;
  skipped(place: string, reason: string): void;
  finish(): FoundData;
}

const digestOf = (text: string) => hash('sha256', text, 'base64url');

export function createFinder(): Finder {
  const tasks = new Map<string, FoundTask>();
  const equals = new Map<string, number>();
  const notes: ImportNote[] = [];
  const checkRepeat = createRepeatCheck();
  const changed = (place: string, reason: string) => notes.push({ place, kind: 'changed', reason });
  const skipped = (place: string, reason: string) => notes.push({ place, kind: 'skipped', reason });

  const keyOf = (parts: readonly unknown[]): string => {
    const text = JSON.stringify(parts);
    const first = digestOf(text);
    const ordinal = (equals.get(first) ?? 0) + 1;
    equals.set(first, ordinal);
    return ordinal === 1 ? first : digestOf(`${text} ${ordinal}`);
  };

  const add = (draft: DraftTask): string | null => {
    const texts = cleanTexts(draft, checkRepeat, (reason) => changed(draft.place, reason));
    if (texts === null) {
      skipped(draft.place, 'has neither a title nor a description');
      return null;
    }
    const key = draft.key ?? keyOf(partsOf(draft, texts.title));
    const same = tasks.get(key);
    if (same !== undefined) {
      skipped(draft.place, `is the same task as that of ${same.place}`);
      return null;
    }
    if (tasks.size >= max.tasks)
      throw new ImportError(`The file has more than ${max.tasks} tasks: import it in parts`);
    tasks.set(key, taskOf(draft, texts, key));
    return key;
  };

  return {
    add,
    keyOf,
    changed,
    skipped,
    finish: () => ({ tasks: orderTasks(tasks, changed), notes }),
  };
}

/** Named one by one: spreading the draft takes most of the time of a large file. */
function taskOf(draft: DraftTask, texts: Texts, key: string): FoundTask {
  return {
    key,
    place: draft.place,
    title: texts.title,
    description: texts.description,
    priority: draft.priority ?? null,
    tags: texts.tags,
    project: texts.project,
    section: texts.section,
    parentKey: draft.parentKey ?? null,
    dueDate: texts.dueDate,
    dueTime: draft.dueTime ?? null,
    timeZone: draft.timeZone ?? null,
    startDate: draft.startDate ?? null,
    recurrence: texts.recurrence,
    recurrenceFrom: draft.recurrenceFrom ?? 'due',
    excludedDates: texts.excludedDates,
    completed: draft.completed ?? false,
    completedAt: draft.completedAt ?? null,
    createdAt: draft.createdAt ?? null,
    reminders: texts.reminders,
  };
}

function partsOf({ project = null, parentKey = null, since, createdAt, dueDate }: DraftTask, title: string) {
  return [project, parentKey, title, since ?? createdAt ?? dueDate ?? null];
}

type Report = (reason: string) => void;

type Texts = Pick<
  FoundTask,
  | 'title'
  | 'description'
  | 'tags'
  | 'project'
  | 'section'
  | 'dueDate'
  | 'recurrence'
  | 'reminders'
  | 'excludedDates'
>;

/** @returns null if there is no text at all */
function cleanTexts(draft: DraftTask, checkRepeat: CheckRepeat, report: Report): Texts | null {
  const { dueDate = null } = draft;
  const repeat = cleanRepeat(draft, report, checkRepeat);
  const description = joinLines(draft.description && plainText(draft.description), repeat.text);
  const whole = titleOf(draft.title, description, report);
  if (whole === null) return null;
  const title = cut(whole, max.title).trim();
  if (title !== whole)
    report(`the title is longer than ${max.title} characters; the description has all of it`);
  const project = nameOf('project', draft.project ?? null, report);
  const section = nameOf('section', draft.section ?? null, report);
  if (section !== null && project === null)
    report(`the section ${quote(section)} is left out: it needs a project`);
  return {
    title,
    description: cutDescription(title === whole ? description : joinLines(whole, description), report),
    tags: cleanTags(draft.tags ?? [], report),
    project,
    section: project === null ? null : section,
    dueDate,
    recurrence: repeat.rule,
    excludedDates: repeat.rule === null ? [] : cleanExcluded(draft.excludedDates ?? [], report),
    reminders: cleanReminders(draft.reminders ?? [], dueDate, report),
  };
}

function titleOf(sent: string, description: string | null, report: Report): string | null {
  const title = oneLine(sent);
  if (title !== '') return title;
  const first = oneLine(cut(description?.split('\n', 1)[0] ?? '', max.title));
  if (first === '') return null;
  report('has no title; the first line of its description is the title');
  return first;
}

function cutDescription(text: string | null, report: Report): string | null {
  if (text === null || text.length <= max.description) return text;
  const length = lengthOf(text);
  if (length <= max.description) return text;
  report(`the description has ${length} characters; the first ${max.description} are kept`);
  return cut(text, max.description).trim();
}

function nameOf(what: string, sent: string | null, report: Report): string | null {
  const whole = oneLine(sent ?? '');
  if (whole === '') return null;
  const name = cut(whole, max.name).trim();
  if (name !== whole) report(`the name of the ${what} is longer than ${max.name} characters, and is cut`);
  return name;
}

function cleanTags(sent: readonly string[], report: Report): string[] {
  const tags = new Set<string>();
  for (const text of sent) {
    const whole = oneLine(text);
    const tag = cut(whole, max.tag).trim();
    if (tag !== whole) report(`the tag ${quote(whole)} is longer than ${max.tag} characters, and is cut`);
    if (tag !== '') tags.add(tag);
  }
  if (tags.size > max.tags) report(`has ${tags.size} tags; the first ${max.tags} are kept`);
  return [...tags].slice(0, max.tags);
}

function cleanExcluded(sent: readonly string[], report: Report): string[] {
  const dates = [...new Set(sent)];
  if (dates.length <= max.excludedDates) return dates;
  report(`has ${dates.length} dates that its repeat leaves out; the last ${max.excludedDates} are kept`);
  return dates.sort().slice(-max.excludedDates);
}

function cleanReminders(sent: readonly number[], dueDate: string | null, report: Report): number[] {
  const minutes = [...new Set(sent)];
  if (minutes.length === 0) return [];
  if (dueDate === null) {
    report('the reminders are left out: they count from a due date, and the task has none');
    return [];
  }
  const kept = minutes.filter((value) => value <= lead.first && value >= lead.last).slice(0, max.reminders);
  if (kept.length < minutes.length)
    report(`of ${minutes.length} reminders ${kept.length} are kept: at most a year before and a week after`);
  return kept;
}
