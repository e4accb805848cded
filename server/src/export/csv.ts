import type { Tx } from '../db/schema.ts';
import type { Sink } from './sink.ts';
import { readNames, readTasks, type TaskRow } from './task-rows.ts';

type Value = string | number | boolean | null;

/** What a spreadsheet would read as a formula, and the mark itself, so that the mark can be taken off again. */
const formulaStart = /^['=+\-@\t\r]/;

/** A cell (RFC 4180 §2). One that begins like a formula gets an apostrophe before it. */
export function csvCell(value: Value): string {
  if (value === null) return '';
  const text = String(value);
  const safe = typeof value === 'string' && formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (values: readonly Value[]) => `${values.map(csvCell).join(',')}\r\n`;

interface Names {
  projects: ReadonlyMap<string, string>;
  sections: ReadonlyMap<string, string>;
}

const columns: Readonly<Record<string, (task: TaskRow, names: Names) => Value>> = {
  id: ({ id }) => id,
  title: ({ title }) => title,
  description: ({ description }) => description,
  completed: ({ completed_at }) => completed_at !== null,
  completed_at: ({ completed_at }) => completed_at,
  priority: ({ priority }) => priority,
  due_date: ({ due_date }) => due_date,
  due_time: ({ due_time }) => due_time,
  time_zone: ({ time_zone }) => time_zone,
  start_date: ({ start_date }) => start_date,
  recurrence: ({ recurrence }) => recurrence,
  recurrence_from: ({ recurrence_from, recurrence }) => (recurrence === null ? null : recurrence_from),
  // A JSON array: names of tags may contain any separator.
  tags: ({ tags }) => (tags.length === 0 ? null : JSON.stringify(tags)),
  project: ({ project_id }, { projects }) => projects.get(project_id ?? '') ?? null,
  section: ({ section_id }, { sections }) => sections.get(section_id ?? '') ?? null,
  parent_id: ({ parent_id }) => parent_id,
  created_at: ({ created_at }) => created_at,
  updated_at: ({ updated_at }) => updated_at,
  deleted_at: ({ deleted_at }) => deleted_at,
};

/** Writes the user's tasks, with those in the trash, as CSV: one line a task, the names of columns on the first. */
export async function writeCsv(tx: Tx, userId: string, sink: Sink): Promise<void> {
  await sink(csvLine(Object.keys(columns)));
  const names = {
    projects: await readNames(tx, userId, 'projects'),
    sections: await readNames(tx, userId, 'sections'),
  };
  const values = Object.values(columns);
  for await (const tasks of readTasks(tx, userId))
    await sink(tasks.map((task) => csvLine(values.map((value) => value(task, names)))).join(''));
}
