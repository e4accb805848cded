import { clockIn } from '../dates/zones.ts';
import type { Db } from '../db/schema.ts';
import { findProfile } from '../profiles/queries.ts';
import { createStatisticsUpkeep } from '../tasks/statistics.ts';
import type { WriteContext } from '../writes/plan.ts';
import { type Candidate, candidateOf, faultOf, taskIdOf } from './candidate.ts';
import { documentTasks, importProfile, readDocument } from './document.ts';
import { storeItems } from './document-items.ts';
import { idIn } from './document-task.ts';
import type { FoundData, FoundTask, ImportFormat } from './model.ts';
import { pretendToCreate, projectCreator, resolveProjects } from './projects.ts';
import { readFile } from './read-file.ts';
import { batchSize, createRehearsal, type Outcome, storeBatch } from './store.ts';

/** Who imports, and how. */
export interface ImportTarget {
  userId: string;
  context: WriteContext;
  /** Stores nothing. */
  isDryRun: boolean;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
}

export interface ImportReport {
  /** New ones. */
  projects: number;
  sections: number;
  /** What the file has that is not taken over as it is. */
  notes: readonly ReportLine[];
  tasks: readonly ReportLine[];
}

/** What became of a task, or of a line that is none. */
export type ReportLine = Omit<Outcome, 'title'> & { title?: string };

/** How many tasks are new (those of `changed` too), were there already, and how many lines gave none. */
export function countOutcomes({ notes, tasks }: ImportReport) {
  const count = (lines: readonly ReportLine[], ...kinds: ReportLine['kind'][]) =>
    lines.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    created: count(tasks, 'created', 'changed'),
    existing: count(tasks, 'existing'),
    skipped: count([...notes, ...tasks], 'skipped'),
  };
}

/** What was skipped or changed; with `isAll` every task. Notes come first: a changed task may have several. */
export const linesOf = ({ notes, tasks }: ImportReport, isAll: boolean): ReportLine[] => [
  ...notes,
  ...tasks.filter(({ kind }) => isAll || kind === 'skipped' || kind === 'changed'),
];

/**
 * Imports a file of another program.
 * @throws ImportError when the file cannot be read
 */
export async function importFile(
  db: Db,
  target: ImportTarget,
  format: ImportFormat,
  file: Buffer,
  fileName: string,
): Promise<ImportReport> {
  const { time_zone: timeZone } = await findProfile(db, target.userId);
  const { date: today } = clockIn(timeZone, new Date());
  return importFound(
    db,
    target,
    format.name,
    await readFile(format.name, file, { fileName, timeZone, today }),
  );
}

/**
 * Imports what a file or a database has. A task that the user has already, live or in the trash, stays as it is. Each
 * batch is a write of its own: an import that was cut off is finished by repeating it.
 * @param source keeps the keys of different programs apart
 */
export async function importFound(
  db: Db,
  target: ImportTarget,
  source: string,
  { tasks, notes }: FoundData,
): Promise<ImportReport> {
  const { userId, context, isDryRun } = target;
  const { sound, faulty } = separate(tasks, (task) => task);
  const create = isDryRun ? pretendToCreate : projectCreator(db, userId, context);
  const known = await resolveProjects(db, userId, sound, create);
  const toCandidate = (task: FoundTask) => {
    const parent_id = task.parentKey === null ? null : taskIdOf(source, task.parentKey);
    return candidateOf(userId, taskIdOf(source, task.key), task, { ...known.placementOf(task), parent_id });
  };
  const lines = await storeAll(db, target, sound, toCandidate, known);
  return { ...known.created, notes: [...notes, ...known.notes], tasks: [...faulty, ...lines] };
}

/**
 * Imports an export document of this service: tasks, projects, sections and views keep their ids, times and versions,
 * tasks their reminders and occurrences.
 * @throws ImportError when the file is no such document
 */
export async function importDocument(db: Db, target: ImportTarget, file: Buffer): Promise<ImportReport> {
  const { userId, context, isDryRun } = target;
  const document = readDocument(file);
  if (!isDryRun) await importProfile(db, userId, context, document);
  const { created, stored, notes } = await storeItems(
    { db, userId, context: isDryRun ? null : context },
    document,
  );
  const found = await documentTasks(db, userId, document, stored);
  const { sound, faulty } = separate(found, ({ task }) => task);
  const projectOf = document('sections').map(
    (row) => [idIn(row, 'id') ?? '', idIn(row, 'project_id') ?? ''] as const,
  );
  const lines = await storeAll(db, target, sound, ({ candidate }) => candidate, {
    projects: stored.projects,
    sections: new Map(projectOf),
  });
  return { projects: created.projects, sections: created.sections, notes, tasks: [...faulty, ...lines] };
}

/** Tells tasks that can be stored from the others, as far as their fields show. */
function separate<T>(all: readonly T[], taskOf: (one: T) => FoundTask): { sound: T[]; faulty: ReportLine[] } {
  const sound: T[] = [];
  const faulty: ReportLine[] = [];
  for (const one of all) {
    const { place, title } = taskOf(one);
    const reason = faultOf(taskOf(one));
    if (reason === undefined) sound.push(one);
    else faulty.push({ place, title: shown(title), kind: 'skipped', reason });
  }
  return { sound, faulty };
}

async function storeAll<T>(
  db: Db,
  { userId, context, isDryRun, onProgress }: ImportTarget,
  tasks: readonly T[],
  toCandidate: (task: T) => Candidate,
  known: Parameters<typeof createRehearsal>[2],
): Promise<ReportLine[]> {
  const { time_zone: timeZone } = await findProfile(db, userId);
  const run = isDryRun
    ? createRehearsal(db, userId, known, timeZone)
    : (batch: readonly Candidate[]) => storeBatch(db, userId, context, batch);
  const keepStatistics = createStatisticsUpkeep(db);
  const lines: ReportLine[] = [];
  for (let done = 0; done < tasks.length; done += batchSize) {
    const outcomes = await run(tasks.slice(done, done + batchSize).map(toCandidate));
    for (const outcome of outcomes) lines.push({ ...outcome, title: shown(outcome.title) });
    if (!isDryRun) await keepStatistics(outcomes.filter(({ kind }) => kind === 'created').length);
    onProgress?.(Math.min(done + batchSize, tasks.length), tasks.length);
  }
  return lines;
}

const shown = (title: string) => [...title].slice(0, 60).join('');
