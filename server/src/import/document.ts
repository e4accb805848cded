import { sql } from 'kysely';
import { isTimeZone } from '../dates/zones.ts';
import type { Db } from '../db/schema.ts';
import { dataLimits } from '../platform/data-limits.ts';
import { isLanguageTag, type ProfilePatch } from '../profiles/model.ts';
import { findProfile } from '../profiles/queries.ts';
import { patchProfile } from '../profiles/service.ts';
import type { WriteContext } from '../writes/plan.ts';
import { type Candidate, candidateOf, isText, taskIdOf } from './candidate.ts';
import type { StoredProjects } from './document-items.ts';
import {
  foundTaskOf,
  idIn,
  isSoundReminder,
  occurrenceOf,
  type Row,
  reminderOf,
  rowText,
  withHistory,
} from './document-task.ts';
import { parseDocument } from './formats/json.ts';
import { orderTasks } from './formats/task-order.ts';
import { decodeText } from './formats/text.ts';
import { type FoundTask, ImportError } from './model.ts';

/** The lists of an export document, by their names. */
export type Document = (list: string) => readonly Row[];

/** Whether the file begins as an export document does. */
export const looksLikeDocument = (file: Buffer): boolean =>
  /^\uFEFF?\s*\{\s*"format"\s*:\s*"duly-export"/.test(file.subarray(0, 200).toString());

/** @throws ImportError when the file is no export document, or one of another version */
export function readDocument(file: Buffer): Document {
  const document = parseDocument(decodeText(file), 'an export document');
  if (!isRow(document) || document.format !== 'duly-export')
    throw new ImportError('The file is no export document: its `format` is not "duly-export"');
  if (document.version !== 1)
    throw new ImportError(`The export document has the version ${JSON.stringify(document.version)}, wants 1`);
  return (list) => {
    const value = document[list];
    const rows: unknown[] = Array.isArray(value) ? value : [value];
    return rows.filter(isRow);
  };
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Takes over the settings of the profile that the user still has as everybody begins with. */
export async function importProfile(
  db: Db,
  userId: string,
  context: WriteContext,
  document: Document,
): Promise<void> {
  const [row] = document('profile');
  const now = await findProfile(db, userId);
  const isUntouched =
    now.time_zone === 'UTC' &&
    now.locale === 'en' &&
    now.digest_hour === null &&
    now.default_reminder_minutes === null;
  if (row === undefined || !isUntouched) return;
  await patchProfile(db, userId, context, settingsOf(row, now.email === null), 'profile.import');
}

/** @param hasNames whether the names are the user's to set: those of an account stay */
function settingsOf(row: Row, hasNames: boolean): ProfilePatch {
  const integer = (name: string, max: number) => {
    const value = row[name];
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max ? value : null;
  };
  const [zone, locale] = [rowText(row, 'time_zone') ?? '', rowText(row, 'locale') ?? ''];
  const nameOf = (name: string) => {
    const text = (rowText(row, name) ?? '').trim();
    return text !== '' && text.length <= 100 && isText(text) ? text : null;
  };
  return {
    ...(isTimeZone(zone) && { time_zone: zone }),
    ...(locale.length <= 35 && isLanguageTag(locale) && { locale }),
    default_reminder_minutes: integer('default_reminder_minutes', 40_320),
    digest_hour: integer('digest_hour', 23),
    ...(hasNames && { first_name: nameOf('first_name'), last_name: nameOf('last_name') }),
  };
}

/** The tasks of a document, parents before their subtasks, each with its reminders and occurrences. */
export async function documentTasks(
  db: Db,
  userId: string,
  document: Document,
  { projects, sections }: StoredProjects,
): Promise<{ task: FoundTask; candidate: Candidate }[]> {
  const rows = document('tasks').map((row, index) => ({ row, task: foundTaskOf(row, `tasks.${index}`) }));
  const remindersOf = Map.groupBy(await newReminders(db, userId, document), (row) => idIn(row, 'task_id'));
  const occurrencesOf = Map.groupBy(document('occurrences'), (row) => idIn(row, 'task_id'));
  return parentsFirst(rows).map(({ row, task: found }) => {
    const id = taskIdOf('duly-json', found.key);
    const reminders = (remindersOf.get(id) ?? []).slice(0, dataLimits.reminders.max);
    const among = (ids: ReadonlySet<string>, name: string) => {
      const value = idIn(row, name);
      return value !== null && ids.has(value) ? value : null;
    };
    const plain = candidateOf(userId, id, found, {
      project_id: among(projects, 'project_id'),
      section_id: among(sections, 'section_id'),
      parent_id: idIn(row, 'parent_id'),
    });
    const candidate: Candidate = {
      ...plain,
      build(stamp, ordinal) {
        const { task } = plain.build(stamp, ordinal);
        return {
          task: { ...withHistory(task, row, stamp), reminder_count: reminders.length },
          reminders: [],
        };
      },
      attached: (task, stamp) => ({
        reminders: reminders.map((reminder) => reminderOf(reminder, task, stamp)),
        occurrences: (occurrencesOf.get(id) ?? []).flatMap((each) => occurrenceOf(each, task) ?? []),
      }),
    };
    return { task: found, candidate };
  });
}

/** Sound ones whose ids the user does not have; of those with the same id the first. */
async function newReminders(db: Db, userId: string, document: Document): Promise<Row[]> {
  const byId = new Map<string, Row>();
  for (const row of document('reminders')) {
    const id = idIn(row, 'id');
    if (id !== null && !byId.has(id) && isSoundReminder(row)) byId.set(id, row);
  }
  const { rows } = await sql<{ id: string }>`
    select id from duly.reminders where user_id = ${userId} and id = any(${[...byId.keys()]}::uuid[])`.execute(
    db,
  );
  for (const { id } of rows) byId.delete(id);
  return [...byId.values()];
}

interface PlacedRow {
  row: Row;
  task: FoundTask;
}

/** Orders rows so that parents come before their subtasks. Repeated ids come last. */
function parentsFirst(rows: readonly PlacedRow[]): PlacedRow[] {
  const byKey = new Map<string, PlacedRow>();
  const repeated: PlacedRow[] = [];
  for (const each of rows)
    if (byKey.has(each.task.key)) repeated.push(each);
    else byKey.set(each.task.key, each);
  const tasks = new Map([...byKey].map(([key, { task }]) => [key, task]));
  const ordered = orderTasks(tasks, () => undefined).flatMap(({ key }) => byKey.get(key) ?? []);
  return [...ordered, ...repeated];
}
