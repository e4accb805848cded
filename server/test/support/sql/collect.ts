import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { statementsVariable } from './processes.ts';

/** One of our statements, and the file of `src` that issued it; undefined if unknown. */
export interface IssuedStatement {
  sql: string;
  from: string | undefined;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const frame = /\/(src|test)\/[^\s:)?]+/;
/** Files that only execute statements of others. */
const passThroughFiles =
  /^src\/db\/(pool|checked-pool|dialect|outcome|retry-read|prepared|transaction|transaction-message|statements|byte-rows|messages|read-exchange|read-lanes|single-connection)\.ts|^test\/support\/sql\//;

/** Issued statements, one for each text. Statements of tests are not recorded. */
export const issuedStatements = new Map<string, IssuedStatement>();

function recordStatement(sql: string): void {
  if (issuedStatements.has(sql)) return;
  const from = callingFile();
  if (from?.startsWith('test/')) return;
  issuedStatements.set(sql, { sql, from });
  const file = process.env[statementsVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ sql, from })}\n`);
}

/** The nearest of our files in the stack, including async callers. */
function callingFile(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  for (const line of stack.split('\n')) {
    const found =
      line.includes(root) && !line.includes('/node_modules/')
        ? frame.exec(line.slice(line.indexOf(root) + root.length - 1))?.[0].slice(1)
        : undefined;
    if (found !== undefined && !passThroughFiles.test(found)) return found;
  }
  return undefined;
}

function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query;
  const has = typeof query === 'object' && query !== null && 'text' in query;
  return has && typeof query.text === 'string' ? query.text : undefined;
}

const { prototype } = pg.Client;
const original = prototype.query;
Object.defineProperty(prototype, 'query', {
  configurable: true,
  writable: true,
  value(this: pg.Client, ...args: unknown[]) {
    const sql = textOf(args[0]);
    if (sql !== undefined) recordStatement(sql);
    return Reflect.apply(original, this, args);
  },
});
