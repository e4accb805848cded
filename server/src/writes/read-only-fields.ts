import { type ValidationIssue, validationError } from '../platform/errors.ts';

/**
 * Clients may send a whole object back. Its read-only fields have to equal the stored ones; absent fields are not
 * compared. Fields whose name ends in `_at` are compared as instants.
 * @throws AppError VALIDATION_ERROR that names each field that differs.
 */
export function checkReadOnlyFields<T extends object>(
  stored: T,
  sent: { [Name in keyof T]?: unknown },
): void {
  const issues: ValidationIssue[] = Object.entries(sent)
    .filter(([name, value]) => value !== undefined && !isSameValue(name, value, Reflect.get(stored, name)))
    .map(([name]) => ({ loc: ['body', name], msg: 'is read-only and differs', type: 'read_only' }));
  if (issues.length > 0) throw validationError(issues);
}

function isSameValue(name: string, sent: unknown, stored: unknown): boolean {
  if (!name.endsWith('_at') || typeof sent !== 'string' || typeof stored !== 'string') return sent === stored;
  return Date.parse(sent) === Date.parse(stored);
}
