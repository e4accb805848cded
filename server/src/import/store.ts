import type { Db } from '../db/schema.ts';
import { type Cte, executeQuery } from '../db/statements.ts';
import { importOccurrencesCte } from '../occurrences/queries.ts';
import { AppError } from '../platform/errors.ts';
import { storeRemindersCte } from '../reminders/queries.ts';
import { changesOf } from '../tasks/change-family.ts';
import { applyChanges, type Family } from '../tasks/family.ts';
import { familyQuery } from '../tasks/family-query.ts';
import type { StoredTask } from '../tasks/model.ts';
import { resolvePlacement, type TaskPlacement } from '../tasks/placement.ts';
import { storeRemindedTasksCtes } from '../tasks/reminders.ts';
import { unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import type { Candidate } from './candidate.ts';
import type { KnownProjects } from './projects.ts';

/** How many tasks one write stores: the user's other writes wait for it, some 100 ms. */
export const batchSize = 500;

/** What becomes of a task. `changed` is one that is created, but not quite as it was. */
export interface Outcome {
  place: string;
  title: string;
  kind: 'created' | 'changed' | 'existing' | 'skipped';
  /** Why it was changed or skipped. */
  reason?: string;
}

const familyOf = (userId: string, candidates: readonly Candidate[]) => {
  const placements = candidates.map(({ placement }) => placement);
  return familyQuery(userId, {
    tasks: [...candidates.map(({ id }) => id), ...placements.flatMap(({ parent_id }) => parent_id ?? [])],
    projects: placements.flatMap(({ project_id }) => project_id ?? []),
    sections: placements.flatMap(({ section_id }) => section_id ?? []),
  });
};

/** Stores the tasks that the user does not have, live or in the trash, as one write. */
export async function storeBatch(
  db: Db,
  userId: string,
  context: WriteContext,
  candidates: readonly Candidate[],
): Promise<Outcome[]> {
  const { value } = await write(db, userId, context, {
    read: familyOf(userId, candidates),
    decide(family, stamp) {
      const before = new Map(family.tasks);
      const outcomes = addTasks(family, candidates, stamp);
      const changes = changesOf(before, family);
      if (changes.length === 0) return unchanged(outcomes);
      return {
        value: outcomes,
        changes: [
          ...storeRemindedTasksCtes(userId, changes, family.reminders, stamp),
          ...attachedCtes(userId, family, candidates, outcomes, stamp),
        ],
        auditActions: [{ action: 'task.import', count: outcomes.filter(isCreated).length }],
      };
    },
  });
  return value;
}

/** Only tasks of an export document have any, and these make no reminders of their own. */
function attachedCtes(
  userId: string,
  { tasks }: Family,
  candidates: readonly Candidate[],
  outcomes: readonly Outcome[],
  stamp: WriteStamp,
): Cte[] {
  const attached = candidates.flatMap(({ id, attached }, index) => {
    const [task, outcome] = [tasks.get(id), outcomes[index]];
    return attached && task && outcome && isCreated(outcome) ? [attached(task, stamp)] : [];
  });
  const reminders = attached.flatMap((each) => each.reminders);
  const occurrences = attached.flatMap((each) => each.occurrences);
  return [
    ...(reminders.length > 0 ? [storeRemindersCte(userId, reminders)] : []),
    ...(occurrences.length > 0 ? [importOccurrencesCte(userId, occurrences)] : []),
  ];
}

const isCreated = ({ kind }: Outcome) => kind === 'created' || kind === 'changed';

/** Tells what `storeBatch` would do, and stores nothing. */
export function createRehearsal(
  db: Db,
  userId: string,
  { projects, sections }: Pick<KnownProjects, 'projects' | 'sections'>,
  timeZone: string,
) {
  const added = new Map<string, StoredTask>();
  const stamp = { now: new Date().toISOString(), versionFloor: 1, timeZone, defaultReminderMinutes: null };
  return async (candidates: readonly Candidate[]): Promise<Outcome[]> => {
    const found = await executeQuery(db, familyOf(userId, candidates));
    const family: Family = { ...found, projects, sections };
    for (const { placement } of candidates) addLine(family, added, placement.parent_id);
    const outcomes = addTasks(family, candidates, stamp);
    for (const { id } of candidates) {
      const task = family.tasks.get(id);
      if (task !== undefined) added.set(id, task);
    }
    return outcomes;
  };
}

/** Adds a task of an earlier batch, and those above it. */
function addLine(family: Family, added: ReadonlyMap<string, StoredTask>, id: string | null): void {
  for (let task = added.get(id ?? ''); task !== undefined; task = added.get(task.parent_id ?? ''))
    if (!family.tasks.has(task.id)) family.tasks.set(task.id, task);
}

/** Adds the tasks to the family. */
function addTasks(family: Family, candidates: readonly Candidate[], stamp: WriteStamp): Outcome[] {
  return candidates.map((candidate, ordinal) => {
    const { id, place, title } = candidate;
    if (family.tasks.has(id)) return { place, title, kind: 'existing' };
    try {
      const effect = candidate.build(stamp, ordinal);
      const { placement, reason } =
        effect.task.deleted_at === null
          ? placementIn(family, candidate)
          : placementInTrash(family, candidate);
      applyChanges(family, [{ ...effect, task: { ...effect.task, ...placement } }], stamp);
      return { place, title, ...(reason === undefined ? { kind: 'created' } : { kind: 'changed', reason }) };
    } catch (error) {
      return { place, title, kind: 'skipped', reason: reasonOf(error) };
    }
  });
}

/** What it was in may be in the trash too. */
function placementInTrash({ tasks }: Family, { placement }: Candidate) {
  const parent_id = tasks.has(placement.parent_id ?? '') ? placement.parent_id : null;
  return { placement: { ...placement, parent_id }, reason: undefined };
}

/** Without its parent, where it cannot be below it. */
function placementIn(
  family: Family,
  { id, placement }: Candidate,
): { placement: TaskPlacement; reason?: string | undefined } {
  const target = { id, current: null };
  try {
    return { placement: resolvePlacement(family, target, placement) };
  } catch (error) {
    if (placement.parent_id === null) throw error;
    const top = { ...placement, parent_id: null };
    const reason = `it is not below its parent: ${reasonOf(error)}`;
    return { placement: resolvePlacement(family, target, top), reason };
  }
}

/** @throws what is not the fault of the task */
function reasonOf(error: unknown): string {
  if (!(error instanceof AppError) || error.status >= 500) throw error;
  const [issue] = error.issues ?? [];
  return issue === undefined ? error.message : `${issue.loc.slice(1).join('.')} ${issue.msg}`;
}
