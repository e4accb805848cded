import { randomUUID } from 'node:crypto';
import type { Db } from '../db/schema.ts';
import type { Query } from '../db/statements.ts';
import {
  noOccurrences,
  type OccurrenceScope,
  occurrenceCtes,
  withOccurrences,
} from '../occurrences/queries.ts';
import { AppError, type ErrorCode, type ValidationIssue, validationError } from '../platform/errors.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { type AuditAction, unchanged, type WriteContext, type WriteStamp } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import type { BulkOperation } from './bulk-model.ts';
import { changesOf, taskActionOf } from './change-family.ts';
import { buildTask, requireTask, splitPatch, stampNewTask, toTask, withPosition } from './changes.ts';
import { applyChanges, type Family } from './family.ts';
import { type FamilyScope, familyQuery } from './family-query.ts';
import { isTaskId, type StoredTask, type Task } from './model.ts';
import { completeInFamily, deleteInFamily, effectsOn, patchInFamily } from './operations.ts';
import { scopeOfCompletion } from './patch.ts';
import { hasPlacement, resolvePlacement } from './placement.ts';
import { storedTasksQuery } from './queries.ts';
import { buildReminders, storeRemindedTasksCtes } from './reminders.ts';
import { skipOccurrence, type TaskEffect, undoOccurrence } from './repeats.ts';
import { restoreInFamily } from './restore.ts';

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
  /** Among the operations. */
  index: number;
}

/**
 * Executes the operations in order, each on the state that the earlier ones left. They are one write, and a hundred
 * take as many statements as two.
 * @returns the result of each operation. A failed one changes nothing; the others are executed all the same.
 * @throws AppError VALIDATION_ERROR when a `temp_id` is repeated or an `id` is malformed. With `isAtomic` the first
 * operation that fails undoes all: NOT_FOUND, VERSION_CONFLICT, VALIDATION_ERROR.
 */
export async function executeBulk(
  db: Db,
  userId: string,
  context: WriteContext,
  operations: readonly BulkOperation[],
  isAtomic: boolean,
): Promise<WriteResult<OperationResult[]>> {
  const steps = planSteps(operations);
  const { value, isReplayed } = await write(db, userId, context, {
    read: readFor(userId, steps),
    decide(family, stamp) {
      const before = new Map(family.tasks);
      const { occurrences } = family;
      const auditActions: AuditAction[] = [];
      const results = steps.map((step) => {
        try {
          const effects = applyOperation(family, step, userId, stamp);
          const changes = effects.map(({ task: after }) => ({ before: family.tasks.get(after.id), after }));
          applyChanges(family, effects, stamp);
          if (changes.length > 0)
            auditActions.push(taskActionOf(`task.${step.operation.op}`, step.id, changes));
          return successResult(step, family.tasks.get(step.id));
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          if (isAtomic) throw toRequestError(step.index, error, before.get(step.id));
          return failureResult(step, error);
        }
      });
      if (auditActions.length === 0) return unchanged(results);
      const changes = [
        ...storeRemindedTasksCtes(userId, changesOf(before, family), family.reminders, stamp),
        ...occurrenceCtes(userId, occurrences, family.occurrences),
      ];
      return { value: results, changes, auditActions };
    },
  });
  const results = value.map(({ task, ...result }) =>
    task === undefined ? result : { ...result, task: withPosition(task) },
  );
  return { value: results, isReplayed };
}

/** Gives new tasks their ids, and resolves each `temp_id` to one. */
function planSteps(operations: readonly BulkOperation[]): BulkStep[] {
  const idsByTempId = new Map<string, string>();
  const issues: ValidationIssue[] = [];
  const steps = operations.map((sent, index): BulkStep => {
    const refuse = (field: string, msg: string) =>
      issues.push({ loc: ['body', 'operations', index, field], msg, type: 'temp_id' });
    const resolve = (field: string, text: string): string => {
      const known = idsByTempId.get(text) ?? text.toLowerCase();
      if (!isTaskId(known)) refuse(field, 'must be a UUID with hyphens, or the temp_id of an earlier create');
      return known;
    };
    const parentId = 'parent_id' in sent ? sent.parent_id : null;
    const operation =
      typeof parentId === 'string' ? { ...sent, parent_id: resolve('parent_id', parentId) } : sent;
    if (operation.op === 'create') {
      const id = randomUUID();
      const { temp_id: tempId } = operation;
      if (tempId !== undefined && idsByTempId.has(tempId)) refuse('temp_id', 'was given before');
      else if (tempId !== undefined) idsByTempId.set(tempId, id);
      return { operation, id, tempId, index };
    }
    const tempId = idsByTempId.has(operation.id) ? operation.id : undefined;
    return { operation, id: resolve('id', operation.id), tempId, index };
  });
  if (issues.length > 0) throw validationError(issues);
  return steps;
}

/** Operations on single tasks need no more than these; the others need what belongs to them. */
function readFor(userId: string, steps: readonly BulkStep[]): Query<Family> {
  const existing = steps.filter(({ tempId, operation }) => operation.op !== 'create' && tempId === undefined);
  const ids = [...new Set(existing.map(({ id }) => id))];
  const known = occurrencesOf(existing);
  if (!steps.some(needsFamily))
    return withOccurrences(storedTasksQuery(userId, ids), known, (tasks, occurrences) => ({
      ...{ tasks, occurrences, reminders: [], projects: new Set(), sections: new Map() },
    }));
  const restored = existing.filter(({ operation }) => operation.op === 'restore').map(({ id }) => id);
  const below = existing.filter((step) => needsFamily(step)).map(({ id }) => id);
  const family = familyQuery(userId, { ...scopeOfPlacements(steps, ids), below, restored });
  return withOccurrences(family, known, (found, occurrences) => ({ ...found, occurrences }));
}

function occurrencesOf(steps: readonly BulkStep[]): OccurrenceScope {
  const scopes = steps.map(({ operation, id }) => {
    if (operation.op === 'complete') return scopeOfCompletion(id, { completed: true, ...operation });
    if (operation.op === 'skip') return scopeOfCompletion(id, { ...operation, completed: true });
    if (operation.op === 'undo') return scopeOfCompletion(id, { completed: false });
    const isCompletion = operation.op === 'update' && operation.completed !== undefined;
    return isCompletion ? scopeOfCompletion(id, operation) : noOccurrences;
  });
  return {
    dates: scopes.flatMap(({ dates }) => dates),
    newest: scopes.flatMap(({ newest }) => newest),
  };
}

function needsFamily({ operation }: BulkStep): boolean {
  const { op } = operation;
  if (op === 'skip' || op === 'undo') return false;
  if (op === 'complete') return operation.children === 'complete';
  return op === 'delete' || op === 'restore' || hasPlacement(operation);
}

function scopeOfPlacements(steps: readonly BulkStep[], ids: readonly string[]): FamilyScope {
  const sent = (name: 'project_id' | 'section_id' | 'parent_id') =>
    steps.flatMap(({ operation }) => (name in operation ? (Reflect.get(operation, name) ?? []) : []));
  return {
    tasks: [...ids, ...sent('parent_id')],
    projects: sent('project_id'),
    sections: sent('section_id'),
  };
}

/** @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, LIMIT_EXCEEDED */
function applyOperation(
  family: Family,
  { operation, id, index }: BulkStep,
  userId: string,
  stamp: WriteStamp,
): TaskEffect[] {
  const task = family.tasks.get(id);
  switch (operation.op) {
    case 'create': {
      const created = stampNewTask(buildTask(userId, id, operation, index), stamp.now, stamp.timeZone);
      const task = { ...created, ...resolvePlacement(family, { id, current: null }, operation) };
      const { reminders } = operation;
      return [{ task, ...(reminders !== undefined && { reminders: buildReminders(id, reminders) }) }];
    }
    case 'update': {
      const { op: _, ...patch } = operation;
      const { fields, condition } = splitPatch({ ...patch, id });
      return patchInFamily(family, requireTask(task, 'live', condition), fields, stamp);
    }
    case 'complete': {
      const { children = 'keep' } = operation;
      const completion = { completed: true, ...operation };
      return completeInFamily(family, requireTask(task, 'live', operation), completion, children, stamp);
    }
    case 'skip':
    case 'undo': {
      const before = requireTask(task, 'live', operation);
      const apply = operation.op === 'skip' ? skipOccurrence : undoOccurrence;
      const effect = apply(before, operation.occurrence, stamp, family.occurrences);
      return effect.task === before ? [] : [effect];
    }
    case 'delete':
      return deleteInFamily(
        family,
        requireTask(task, 'live', operation),
        operation.children ?? 'keep',
        stamp,
      );
    case 'restore':
      return effectsOn(restoreInFamily(family, requireTask(task, 'trash', operation), stamp));
  }
}

const resultHeader = ({ operation: { op }, id, tempId }: BulkStep, status: number) => ({
  op,
  status,
  id,
  ...(tempId === undefined ? {} : { temp_id: tempId }),
});

const successResult = (step: BulkStep, task: StoredTask | undefined): OperationResult => ({
  ...resultHeader(step, step.operation.op === 'create' ? 201 : 200),
  ...(step.operation.op === 'delete' || task === undefined ? {} : { task: toTask(task) }),
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
