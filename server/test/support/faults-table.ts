import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import setup from './global-setup.ts';

interface FaultRow {
  fault: string;
  /** What must be seen. */
  asked: string;
  seen: string;
}

/** Names the file of the rows in the processes of the tests. */
const variable = 'DULY_FAULT_ROWS';

/** For the table that is printed at the end of `npm run test:faults`. */
export function recordFault(row: FaultRow): void {
  const file = process.env[variable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

export default async function setupWithTable(project: TestProject) {
  const directory = mkdtempSync(join(tmpdir(), 'duly-faults-'));
  const file = join(directory, 'rows');
  process.env[variable] = file;
  appendFileSync(file, '');
  const end = await setup(project);
  return async () => {
    await end();
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    const rows: FaultRow[] = lines.map((line) => JSON.parse(line));
    rmSync(directory, { recursive: true });
    const text = rows.map(({ fault, asked, seen }) => `| ${fault} | ${asked} | ${seen} |`);
    process.stdout.write(`\n${['| fault | asked | seen |', '|---|---|---|', ...text].join('\n')}\n`);
  };
}
