import type { Tx } from '../db/schema.ts';
import { readRows } from './rows.ts';
import { readSections } from './sections.ts';

/** The fields of a task that files of other formats have. */
export interface TaskRow {
  id: string;
  title: string;
  description: string | null;
  completed_at: string | null;
  priority: 'High' | 'Medium' | 'Low';
  due_date: string | null;
  due_time: string | null;
  time_zone: string | null;
  due_at: string | null;
  start_date: string | null;
  recurrence: string | null;
  recurrence_from: string;
  excluded_dates: string[];
  occurrence: string | null;
  occurrence_number: number | null;
  tags: string[];
  project_id: string | null;
  section_id: string | null;
  parent_id: string | null;
  version: number;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
}

/** All rows of a list of the export. Their types are those of its columns. */
async function* rowsOf<Row>(tx: Tx, userId: string, name: string): AsyncGenerator<Row[]> {
  const section = (await readSections(tx)).find((one) => one.name === name);
  if (section === undefined) throw new Error(`an export has no ${name}`);
  for await (const batch of readRows(tx, userId, section)) yield batch.map((json): Row => JSON.parse(json));
}

/** Tasks and those in the trash, by id. */
export const readTasks = (tx: Tx, userId: string) => rowsOf<TaskRow>(tx, userId, 'tasks');

/** The names of a user's projects or sections, by id. There are few of them. */
export async function readNames(
  tx: Tx,
  userId: string,
  list: 'projects' | 'sections',
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for await (const rows of rowsOf<{ id: string; name: string }>(tx, userId, list))
    for (const { id, name } of rows) names.set(id, name);
  return names;
}

/** Of the user's profile. */
export async function readTimeZone(tx: Tx, userId: string): Promise<string> {
  for await (const [profile] of rowsOf<{ time_zone: string }>(tx, userId, 'profile'))
    if (profile !== undefined) return profile.time_zone;
  return 'UTC';
}
