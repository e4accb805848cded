import { vi } from 'vitest';
import type { Db } from '../../src/db/schema.ts';

/** Records the text of every statement until `restore`. */
export function recordStatements(db: Db): { statements: string[]; restore: () => void } {
  const statements: string[] = [];
  const prototype = Object.getPrototypeOf(db.getExecutor());
  const original = prototype.executeQuery;
  const spy = vi.spyOn(prototype, 'executeQuery').mockImplementation(function (
    this: unknown,
    query: unknown,
  ) {
    statements.push(String(Reflect.get(Object(query), 'sql')));
    return original.call(this, query);
  });
  return { statements, restore: () => spy.mockRestore() };
}
