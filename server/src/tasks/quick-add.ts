import { randomUUID } from 'node:crypto';
import { parseQuickAdd, type Understood } from '@duly/quick-add';
import { sql } from 'kysely';
import { clockIn } from '../dates/zones.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery, param, type Query, query } from '../db/statements.ts';
import { AppError, type ValidationIssue, validationError } from '../platform/errors.ts';
import { fold } from '../platform/folding.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import type { WriteContext } from '../writes/plan.ts';
import { userZone } from '../writes/stamps.ts';
import { write } from '../writes/write.ts';
import { buildTask, stampNewTask, withPosition } from './changes.ts';
import type { Task } from './model.ts';
import type { QuickAddFields } from './quick-add-model.ts';
import { createTaskAs } from './service.ts';

/** What a text was read as. */
export interface ReadText {
  fields: QuickAddFields;
  understood: Understood[];
}

interface Known {
  zone: string;
  projects: { id: string; name: string }[];
}

/**
 * Reads a line of text as a task, on the user's day and with the names of the user's projects. Stores nothing.
 * @throws AppError VALIDATION_ERROR when the text leaves no title, or a longer one than a task may have
 */
export async function readQuickText(db: Db, userId: string, text: string, now: Date): Promise<ReadText> {
  const { zone, projects } = await executeQuery(db, knownQuery(userId));
  const find = (name: string) => findProject(projects, name);
  const context = { now: clockIn(zone, now), isProject: (name: string) => find(name) !== undefined };
  const { understood, project, ...fields } = parseQuickAdd(text, context);
  const length = [...fields.title].length;
  if (length === 0) throw validationError([issueOf('leaves no title: all of it was understood')]);
  if (length > maxTitleLength)
    throw validationError([issueOf(`leaves a title of ${length} characters, at most ${maxTitleLength}`)]);
  if ((fields.tags?.length ?? 0) > maxTags)
    throw validationError([issueOf(`has ${fields.tags?.length} tags, at most ${maxTags}`)]);
  const projectId = project === undefined ? undefined : find(project)?.id;
  return { fields: { ...fields, ...(projectId !== undefined && { project_id: projectId }) }, understood };
}

/** The limits of `NewTask`. */
const maxTitleLength = 200;
const maxTags = 20;

const issueOf = (msg: string): ValidationIssue => ({ loc: ['body', 'text'], msg, type: 'quick_add' });

/** Case does not count, unless two names differ by it alone. Of names that are the same, none is meant. */
function findProject(projects: Known['projects'], name: string) {
  const alike = projects.filter((project) => fold(project.name) === fold(name));
  const same = alike.filter((project) => project.name === name);
  const found = same.length > 0 ? same : alike;
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Creates the task that a text is read as.
 * @throws AppError VALIDATION_ERROR, about the text
 */
export async function createFromText(
  db: Db,
  userId: string,
  context: WriteContext,
  text: string,
  now: Date,
): Promise<WriteResult<ReadText & { task: Task }>> {
  const { value, isReplayed } = await readAndCreate(db, userId, context, text, now).catch((error) => {
    const isRefused = error instanceof AppError && error.code === 'VALIDATION_ERROR';
    if (context.idempotencyKey === undefined || !isRefused) throw error;
    // There may be a stored answer: before a project got its name, the same text was a task.
    return write<ReadText & { task: Task }, null>(db, userId, context, {
      read: nothing,
      decide() {
        throw error;
      },
    });
  });
  return { value: { ...value, task: withPosition(value.task) }, isReplayed };
}

const nothing: Query<null> = query('nothing', sql`select 1`, {}, () => null);

async function readAndCreate(db: Db, userId: string, context: WriteContext, text: string, now: Date) {
  const { fields, understood } = await readQuickText(db, userId, text, now);
  try {
    return await createTaskAs(db, userId, context, fields, (task) => ({ task, fields, understood }));
  } catch (error) {
    throw asTextError(error);
  }
}

/**
 * Refuses a text that no task can be created from, as `createFromText` does.
 * @throws AppError VALIDATION_ERROR, about the text
 */
export function checkReadText(userId: string, { fields }: ReadText): void {
  try {
    // The zone decides about instants only.
    stampNewTask(buildTask(userId, randomUUID(), fields), new Date().toISOString(), 'UTC');
  } catch (error) {
    throw asTextError(error);
  }
}

/** An error about a field that was read, as one about the text. */
function asTextError(error: unknown): unknown {
  if (!(error instanceof AppError) || error.issues === undefined) return error;
  return validationError(error.issues.map(({ loc, msg }) => issueOf(`gives a ${loc.at(-1)} that ${msg}`)));
}

const knownQuery = (userId: string): Query<Known> =>
  query('quick add', knownSql, { user_id: userId }, (rows) => ({
    zone: rows[0]?.zone ?? 'UTC',
    projects: rows.flatMap(({ id, name }) => (id === null || name === null ? [] : [{ id, name }])),
  }));

interface KnownRow {
  zone: string;
  id: string | null;
  name: string | null;
}

/** At most 500 projects (`platform/data-limits.ts`). */
const knownSql = sql<KnownRow>`
  select ${userZone} as zone, p.id, p.name from (select) as one_row
  left join duly.projects as p on p.user_id = ${param('user_id')} and p.deleted_at is null and p.archived_at is null`;
