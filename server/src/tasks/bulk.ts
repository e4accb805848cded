import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { AppError, type ErrorCode, type Issue, invalid } from '../platform/errors.ts';
import { type Act, type Writer, withLast, writeFor } from '../writes/write.ts';
import type { BulkOperation } from './bulk-model.ts';
import {
  type ChangeStamp,
  completedAs,
  created,
  deleted,
  patched,
  required,
  restored,
  type StoredTask,
  splitPatch,
  stampOf,
  toLive,
} from './changes.ts';
import { isTaskId, type Task } from './model.ts';
import { findStoredTasks, tasksToStore } from './queries.ts';

/** What became of one operation, as of a request of its own. */
export interface BulkResult {
  op: BulkOperation['op'];
  status: number;
  id: string;
  temp_id?: string;
  /** As it is after this operation; not of a deletion. */
  task?: Task;
  error?: { error_code: ErrorCode; detail: string; current?: unknown };
}

/** An operation, and the id of the task that it is about. */
interface Step {
  operation: BulkOperation;
  id: string;
  tempId: string | undefined;
}

/**
 * Does the operations in their order, each on what those before it left, in one write of the user: with as many
 * statements for a hundred as for one.
 * @returns what became of each. One that fails changes nothing, and the others are done all the same.
 * @throws AppError VALIDATION_ERROR for a `temp_id` given twice or an `id` that is none; with `isAtomic` also
 * NOT_FOUND, VERSION_CONFLICT and VALIDATION_ERROR, of the first operation that fails: then nothing is changed.
 */
export function doInBulk(
  db: Db,
  userId: string,
  writer: Writer,
  operations: readonly BulkOperation[],
  isAtomic: boolean,
): Promise<BulkResult[]> {
  const steps = stepsOf(operations);
  let acts: Act[] = [];
  return writeFor(
    db,
    userId,
    writer,
    () => acts,
    async (tx, moment) => {
      const stamp = stampOf(moment);
      acts = [];
      const before = await findStoredTasks(tx, userId, [...namedIds(steps)]);
      const after = new Map(before);
      const results = steps.map((step, index) => {
        try {
          const task = changedBy(step, userId, after.get(step.id), stamp);
          if (task !== after.get(step.id))
            acts.push({ action: `task.${step.operation.op}`, subject: step.id });
          after.set(step.id, task);
          return succeeded(step, task);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          if (isAtomic) throw naming(index, error, before.get(step.id));
          return failed(step, error);
        }
      });
      if (acts.length === 0) throw unchanged(results);
      const changes = [...after].map(([id, task]) => ({ before: before.get(id), after: task }));
      const made = changes.filter(({ before: old, after: task }) => old !== task);
      return withLast(results, tasksToStore(userId, made));
    },
  );
}

/** Gives new tasks their ids, and follows `temp_id`s to them. */
function stepsOf(operations: readonly BulkOperation[]): Step[] {
  const given = new Map<string, string>();
  const issues: Issue[] = [];
  const steps = operations.map((operation, index): Step => {
    const refuse = (field: string, msg: string) =>
      issues.push({ loc: ['body', 'operations', index, field], msg, type: 'temp_id' });
    if (operation.op === 'create') {
      const id = randomUUID();
      const { temp_id: tempId } = operation;
      if (tempId !== undefined && given.has(tempId)) refuse('temp_id', 'was given before');
      else if (tempId !== undefined) given.set(tempId, id);
      return { operation, id, tempId };
    }
    const known = given.get(operation.id);
    if (known !== undefined) return { operation, id: known, tempId: operation.id };
    const id = operation.id.toLowerCase();
    if (!isTaskId(id)) refuse('id', 'must be a UUID with hyphens, or the temp_id of an earlier create');
    return { operation, id, tempId: undefined };
  });
  if (issues.length > 0) throw invalid(issues);
  return steps;
}

/** The tasks that were there before. */
const namedIds = (steps: readonly Step[]): Set<string> =>
  new Set(
    steps
      .filter(({ tempId, operation }) => operation.op !== 'create' && tempId === undefined)
      .map(({ id }) => id),
  );

/** @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT */
function changedBy(
  { operation, id }: Step,
  userId: string,
  task: StoredTask | undefined,
  stamp: ChangeStamp,
): StoredTask {
  switch (operation.op) {
    case 'create':
      return created(userId, id, operation, stamp.now);
    case 'update': {
      const { op: _, ...patch } = operation;
      const { fields, condition } = splitPatch({ ...patch, id });
      return patched(required(task, 'live', condition), fields, stamp);
    }
    case 'complete':
      return completedAs(required(task, 'live', operation), operation.completed ?? true, stamp);
    case 'delete':
      return deleted(required(task, 'live', operation), stamp);
    case 'restore':
      return restored(required(task, 'trash', operation), stamp);
  }
}

const headOf = ({ operation: { op }, id, tempId }: Step, status: number) => ({
  op,
  status,
  id,
  ...(tempId === undefined ? {} : { temp_id: tempId }),
});

const succeeded = (step: Step, task: StoredTask): BulkResult => ({
  ...headOf(step, step.operation.op === 'create' ? 201 : 200),
  ...(step.operation.op === 'delete' ? {} : { task: toLive(task) }),
});

const failed = (step: Step, { code, status, message, current }: AppError): BulkResult => ({
  ...headOf(step, status),
  error: { error_code: code, detail: message, ...(current === undefined ? {} : { current }) },
});

/**
 * The failure of one operation as that of the request.
 * @param stored the task as it stays: what operations before have made of it is undone.
 */
function naming(
  index: number,
  { code, message, current, issues: faults }: AppError,
  stored: StoredTask | undefined,
): AppError {
  const loc = ['body', 'operations', index];
  if (faults !== undefined)
    return invalid(faults.map((fault) => ({ ...fault, loc: [...loc, ...fault.loc.slice(1)] })));
  const issues = [{ loc, msg: message, type: 'operation' }];
  const kept = current === undefined || stored === undefined ? undefined : toLive(stored);
  return new AppError(code, `${loc.join('.')}: ${message}`, { issues, current: kept });
}
