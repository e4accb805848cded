/** Rates of the database alone: scripts of one statement, run by pgbench or, where it is missing, by `pg`. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { ConnectionSettings } from '../src/db/postgres/embedded.ts';

/** A pgbench script: `\set` lines with random numbers, then one statement that has them as `:name`. */
export type Script = string;

export interface ScriptRun {
  /** Numbers that the script names, as by pgbench's `-D`. */
  variables: Record<string, number>;
  clients: number;
  seconds: number;
}

const run = promisify(execFile);

export async function hasPgbench(): Promise<boolean> {
  return run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Transactions per second, with prepared statements. */
export async function measureScript(
  connection: ConnectionSettings,
  script: Script,
  options: ScriptRun,
): Promise<number> {
  return (await hasPgbench())
    ? runPgbench(connection, script, options)
    : runClients(connection, script, options);
}

async function runPgbench(
  { host, port, user, password, database }: ConnectionSettings,
  script: Script,
  { variables, clients, seconds }: ScriptRun,
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'duly-pgbench-'));
  try {
    const file = join(directory, 'script.sql');
    writeFileSync(file, script);
    const at = ['-h', host, '-p', String(port), '-U', user];
    // pgbench takes whole seconds only.
    const duration = String(Math.max(1, Math.round(seconds)));
    const how = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', duration, '-f', file];
    const defined = Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
    const { stdout } = await run('pgbench', [...at, ...how, ...defined, database], {
      env: { ...process.env, PGPASSWORD: password },
    });
    const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    if (rate === undefined) throw new Error('pgbench tells no rate');
    return Number(rate);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What `parseScript` reads from a script. */
export interface ParsedScript {
  /** The statement with `$1`, `$2`, … in place of the names. */
  text: string;
  /** New random values for a run of the statement. */
  makeValues(): string[];
}

export function parseScript(script: Script, variables: Record<string, number>): ParsedScript {
  const ranges = new Map<string, [from: number, to: number]>();
  const numberOf = (expression: string) =>
    expression
      .split(/(?<=\w) (?=[-+])/)
      .map((term) => term.replaceAll(' ', '').replace(/:(\w+)/, (_, name) => String(variables[name] ?? '?')))
      .reduce((sum, term) => sum + Number(term), 0);
  for (const [, name = '', from = '', to = ''] of script.matchAll(
    /^\\set (\w+) random\(([^,]+), ([^)]+)\)$/gm,
  ))
    ranges.set(name, [numberOf(from), numberOf(to)]);
  const statement = script.replaceAll(/^(\\|--).*\n/gm, '').trim();
  const names: string[] = [];
  const text = statement.replaceAll(/(?<!:):(\w+)/g, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return {
    text,
    makeValues: () =>
      names.map((name) => {
        const [from, to] = ranges.get(name) ?? [variables[name] ?? Number.NaN, variables[name] ?? Number.NaN];
        return String(from + Math.floor(Math.random() * (to - from + 1)));
      }),
  };
}

/** Replaces a missing pgbench, but takes more CPU on the machine under test. */
async function runClients(
  connection: ConnectionSettings,
  script: Script,
  { variables, clients, seconds }: ScriptRun,
): Promise<number> {
  const { text, makeValues } = parseScript(script, variables);
  const end = performance.now() + seconds * 1_000;
  let transactions = 0;
  const runClient = async () => {
    const client = new pg.Client(connection);
    await client.connect();
    while (performance.now() < end) {
      await client.query({ name: 'script', text, values: makeValues() });
      transactions += 1;
    }
    await client.end();
  };
  await Promise.all(Array.from({ length: clients }, runClient));
  return transactions / seconds;
}
