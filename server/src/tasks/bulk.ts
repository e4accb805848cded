import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import { AppError, type ErrorCode, type ValidationIssue, validationError } from '../platform/errors.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type AuditAction, unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import type { BulkOperation } from './bulk-model.ts';
import {
  applyCompletion,
  applyPatch,
  buildTask,
  markDeleted,
  markRestored,
  requireTask,
  splitPatch,
  stampNewTask,
  toTask,
} from './changes.ts';
import { isTaskId, type StoredTask, type Task } from './model.ts';
import { storedTasksQuery, storeTasksCte } from './queries.ts';

/** The result of one operation, as if it were a request of its own. */
export interface OperationResult {
  op: BulkOperation['op'];
  status: number;
  id: string;
  temp_id?: string;
  /** After this operation; absent after a deletion. */
  task?: Task;
  error?: { error_code: ErrorCode; detail: string; current?: unknown };
}

/** An operation, and the id of its task. */
interface BulkStep {
  operation: BulkOperation;
  id: string;
  tempId: string | undefined;
}

/**
 * Executes the operations in order, each on the state that the earlier ones left. They are one write, and a hundred
 * take as many statements as two.
 * @returns the result of each operation. A failed one changes nothing; the others are executed all the same.
 * @throws AppError VALIDATION_ERROR when a `temp_id` is repeated or an `id` is malformed. With `isAtomic` the first
 * operation that fails undoes all: NOT_FOUND, VERSION_CONFLICT, VALIDATION_ERROR.
 */
export function executeBulk(
  db: Db,
  userId: string,
  context: WriteContext,
  operations: readonly BulkOperation[],
  isAtomic: boolean,
): Promise<WriteResult<OperationResult[]>> {
  const steps = planSteps(operations);
  return write(db, userId, context, {
    read: storedTasksQuery(userId, [...existingTaskIds(steps)]),
    decide(before, stamp) {
      const auditActions: AuditAction[] = [];
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
      if (auditActions.length === 0) return unchanged(results);
      const tasks = [...after].map(([id, task]) => ({ before: before.get(id), after: task }));
      const changed = tasks.filter(({ before: old, after: task }) => old !== task);
      return { value: results, changes: [storeTasksCte(userId, changed)], auditActions };
    },
  });
}

/** Gives new tasks their ids, and resolves each `temp_id` to one. */
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

/** Ids of tasks that the request does not create. */
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
  stamp: WriteStamp,
): StoredTask {
  switch (operation.op) {
    case 'create':
      return stampNewTask(buildTask(userId, id, operation), stamp.now);
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

const successResult = (step: BulkStep, task: StoredTask): OperationResult => ({
  ...resultHeader(step, step.operation.op === 'create' ? 201 : 200),
  ...(step.operation.op === 'delete' ? {} : { task: toTask(task) }),
});

const failureResult = (step: BulkStep, { code, status, message, current }: AppError): OperationResult => ({
  ...resultHeader(step, status),
  error: { error_code: code, detail: message, ...(current === undefined ? {} : { current }) },
});

/**
 * The error of one operation as the error of the request.
 * @param stored the task before the request: the changes of earlier operations are undone.
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
  const currentTask = current === undefined || stored === undefined ? undefined : toTask(stored);
  return new AppError(code, `${loc.join('.')}: ${message}`, { issues, current: currentTask });
}
