/**
 * How long an import of many tasks takes, and its repetition.
 *
 *   node_modules/node/bin/node server/bench/import.ts [tasks]
 *
 * 100,000 tasks of a todo.txt by default, in 20 projects and with up to two of 50 tags, into an embedded database in a
 * temporary directory; what the command `admin import` does, without its start.
 */

import pino from 'pino';
import { systemOrigin } from '../src/audit/origin.ts';
import { connectionFromUrl, createDb } from '../src/db/pool.ts';
import { findSource, importFrom } from '../src/import/sources.ts';
import { openBenchDatabase } from './database.ts';

const count = Number(process.argv[2] ?? 100_000);
const lines = Array.from(
  { length: count },
  (_, index) =>
    `2026-01-01 Task number ${index} of many +project${index % 20} @tag${index % 50} due:2026-12-${10 + (index % 20)}`,
);
const file = Buffer.from(lines.join('\n'));

const database = await openBenchDatabase(null, { users: 1, tasksPerUser: 1, heavyUserTasks: 0 });
const log = pino({ level: 'silent' });
const db = createDb({ connection: connectionFromUrl(database.url), max: 2, log });
try {
  const source = findSource('todo-txt', file, 'todo.txt');
  if (source === undefined) throw new Error('todo-txt is no source');
  for (const title of ['first', 'repeated']) {
    const startedAt = performance.now();
    const target = { userId: 'importer', context: systemOrigin, isDryRun: false };
    const { tasks } = await importFrom(db, target, source, file, 'todo.txt');
    const created = tasks.filter(({ kind }) => kind === 'created').length;
    const seconds = (performance.now() - startedAt) / 1_000;
    const memory = Math.round(process.resourceUsage().maxRSS / 1_024);
    console.log(
      `${title}: ${created} of ${count} tasks created in ${seconds.toFixed(1)} s, ${memory} MB at most`,
    );
  }
} finally {
  await db.destroy();
  await database.close();
}
