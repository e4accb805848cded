import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { isAllowed } from './allowed.ts';
import { type IssuedStatement, issuedStatements } from './collect.ts';
import { violationsOf } from './guard.ts';
import { statementsFile } from './processes.ts';

const advice =
  'SQL on user data against the rules of docs/distribution.md: mend it, or give the reason in test/support/sql/allowed.ts';

/** After every test file, the guard checks all statements that the application issued. */
afterAll(() => {
  const wrong = [...issuedStatements.values(), ...ofProcesses()].flatMap(faultsOf);
  issuedStatements.clear();
  if (wrong.length > 0) throw new Error(`${advice}\n${wrong.join('\n')}`);
});

function ofProcesses(): IssuedStatement[] {
  if (!existsSync(statementsFile)) return [];
  const lines = readFileSync(statementsFile, 'utf8').trim().split('\n');
  rmSync(statementsFile);
  return [...new Set(lines)].map((line): IssuedStatement => JSON.parse(line));
}

function faultsOf(statement: IssuedStatement): string[] {
  const { sql, from = 'unknown' } = statement;
  return violationsOf(sql)
    .filter((complaint) => !isAllowed(statement, complaint))
    .map(({ table, reason }) => `${from}: ${table} ${reason} in: ${sql}`);
}
