import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { isAllowed } from './allowed.ts';
import { type Issued, issued } from './collect.ts';
import { complaintsOf } from './guard.ts';
import { statementsFile } from './processes.ts';

const advice =
  'SQL on user data that does not say whose: name user_id, or give the reason in test/support/sql/allowed.ts';

/** At the end of every test file, whatever it made the application ask is judged. */
afterAll(() => {
  const wrong = [...issued.values(), ...ofProcesses()].flatMap(faultsOf);
  issued.clear();
  if (wrong.length > 0) throw new Error(`${advice}\n${wrong.join('\n')}`);
});

function ofProcesses(): Issued[] {
  if (!existsSync(statementsFile)) return [];
  const lines = readFileSync(statementsFile, 'utf8').trim().split('\n');
  rmSync(statementsFile);
  return [...new Set(lines)].map((line): Issued => JSON.parse(line));
}

function faultsOf(statement: Issued): string[] {
  const { sql, from = 'unknown' } = statement;
  return complaintsOf(sql)
    .filter((complaint) => !isAllowed(statement, complaint))
    .map(({ table, reason }) => `${from}: ${table} ${reason} in: ${sql}`);
}
