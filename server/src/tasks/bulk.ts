import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { AppError, type ErrorCode, type ValidationIssue, validationError } from '../platform/errors.ts';
import { type AuditAction, type WriteContext, withFinalCte, write } from '../writes/write.ts';
import type { BulkOperation } from './bulk-model.ts';
import {
  applyCompletion,
  applyPatch,
  buildTask,
  markDeleted,
  markRestored,
  omitDeletedAt,
  requireTask,
  splitPatch,
  type TaskStamp,
  taskStampOf,
} from './changes.ts';
import { isTaskId, type StoredTask, type Task } from './model.ts';
import { findStoredTasks, storeTasksCte } from './queries.ts';

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
interface BulkStep {
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
export function executeBulk(
  db: Db,
  userId: string,
  context: WriteContext,
  operations: readonly BulkOperation[],
  isAtomic: boolean,
): Promise<BulkResult[]> {
  const steps = planSteps(operations);
  let auditActions: AuditAction[] = [];
  return write(
    db,
    userId,
    context,
    () => auditActions,
    async (tx, writeStamp) => {
      const stamp = taskStampOf(writeStamp);
      auditActions = [];
      const before = await findStoredTasks(tx, userId, [...existingTaskIds(steps)]);
      const after = new Map(before);
      const results = steps.map((step, index) => {
        try {
          const task = applyOperation(step, userId, after.get(step.id), stamp);
          if (task !== after.get(step.id))
            auditActions.push({ action: `task.${step.operation.op}`, subject: step.id });
          after.set(step.id, task);
          return successResult(step, task);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          if (isAtomic) throw toRequestError(index, error, before.get(step.id));
          return failureResult(step, error);
        }
      });
      if (auditActions.length === 0) throw unchanged(results);
      const changes = [...after].map(([id, task]) => ({ before: before.get(id), after: task }));
      const changed = changes.filter(({ before: old, after: task }) => old !== task);
      return withFinalCte(results, storeTasksCte(userId, changed));
    },
  );
}

/** Gives new tasks their ids, and follows `temp_id`s to them. */
function planSteps(operations: readonly BulkOperation[]): BulkStep[] {
  const idsByTempId = new Map<string, string>();
  const issues: ValidationIssue[] = [];
  const steps = operations.map((operation, index): BulkStep => {
    const refuse = (field: string, msg: string) =>
      issues.push({ loc: ['body', 'operations', index, field], msg, type: 'temp_id' });
    if (operation.op === 'create') {
      const id = randomUUID();
      const { temp_id: tempId } = operation;
      if (tempId !== undefined && idsByTempId.has(tempId)) refuse('temp_id', 'was given before');
      else if (tempId !== undefined) idsByTempId.set(tempId, id);
      return { operation, id, tempId };
    }
    const known = idsByTempId.get(operation.id);
    if (known !== undefined) return { operation, id: known, tempId: operation.id };
    const id = operation.id.toLowerCase();
    if (!isTaskId(id)) refuse('id', 'must be a UUID with hyphens, or the temp_id of an earlier create');
    return { operation, id, tempId: undefined };
  });
  if (issues.length > 0) throw validationError(issues);
  return steps;
}

/** The tasks that were there before. */
const existingTaskIds = (steps: readonly BulkStep[]): Set<string> =>
  new Set(
    steps
      .filter(({ tempId, operation }) => operation.op !== 'create' && tempId === undefined)
      .map(({ id }) => id),
  );

/** @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT */
function applyOperation(
  { operation, id }: BulkStep,
  userId: string,
  task: StoredTask | undefined,
  stamp: TaskStamp,
): StoredTask {
  switch (operation.op) {
    case 'create':
      return buildTask(userId, id, operation, stamp.now);
    case 'update': {
      const { op: _, ...patch } = operation;
      const { fields, condition } = splitPatch({ ...patch, id });
      return applyPatch(requireTask(task, 'live', condition), fields, stamp);
    }
    case 'complete':
      return applyCompletion(requireTask(task, 'live', operation), operation.completed ?? true, stamp);
    case 'delete':
      return markDeleted(requireTask(task, 'live', operation), stamp);
    case 'restore':
      return markRestored(requireTask(task, 'trash', operation), stamp);
  }
}

const resultHeader = ({ operation: { op }, id, tempId }: BulkStep, status: number) => ({
  op,
  status,
  id,
  ...(tempId === undefined ? {} : { temp_id: tempId }),
});

const successResult = (step: BulkStep, task: StoredTask): BulkResult => ({
  ...resultHeader(step, step.operation.op === 'create' ? 201 : 200),
  ...(step.operation.op === 'delete' ? {} : { task: omitDeletedAt(task) }),
});

const failureResult = (step: BulkStep, { code, status, message, current }: AppError): BulkResult => ({
  ...resultHeader(step, status),
  error: { error_code: code, detail: message, ...(current === undefined ? {} : { current }) },
});

/**
 * The failure of one operation as that of the request.
 * @param stored the task as it stays: what operations before have made of it is undone.
 */
function toRequestError(
  index: number,
  { code, message, current, issues: faults }: AppError,
  stored: StoredTask | undefined,
): AppError {
  const loc = ['body', 'operations', index];
  if (faults !== undefined)
    return validationError(faults.map((fault) => ({ ...fault, loc: [...loc, ...fault.loc.slice(1)] })));
  const issues = [{ loc, msg: message, type: 'operation' }];
  const kept = current === undefined || stored === undefined ? undefined : omitDeletedAt(stored);
  return new AppError(code, `${loc.join('.')}: ${message}`, { issues, current: kept });
}
