/**
 * What each operation costs the database, of a user with 100,000 tasks: processor time of PostgreSQL, the median of
 * five requests, on one processor and without the response cache. Other work on the machine is not in it. Linux only.
 *
 *   node_modules/node/bin/node server/bench/growth.ts [--data DIR] [--part orders,filters,searches,reads,writes]
 *     [--only TEXT] [--tasks 100000]
 *
 * `--data` keeps the database in DIR, `--part` measures some parts only, and `--only` what has TEXT in its name. Writes
 * change the data: measure them last.
 */

import { parseArgs } from 'node:util';
import { openBenchDatabase, runQuery } from './database.ts';
import { fillGrowth } from './growth-data.ts';
import { createGrowthOperations, type GrowthOperation, growthParts, type Send } from './growth-operations.ts';
import { heavyUser } from './seed.ts';
import { mintToken, startServer } from './server.ts';
import { median } from './statistics.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: growthParts.join() },
    tasks: { type: 'string', default: '100000' },
  },
});
const chosenParts = values.part.split(',');
const unknownPart = chosenParts.find((name) => !growthParts.some((part) => part === name));
if (unknownPart !== undefined) {
  console.error(`--part wants some of ${growthParts.join()}, not ${unknownPart}`);
  process.exit(1);
}
const limitMs = 20;
const rounds = 5;

const tasks = Number(values.tasks);
const size = { users: 1_000, tasksPerUser: 100, heavyUserTasks: tasks };
const database = await openBenchDatabase(values.data ?? null, size);
try {
  await fillGrowth(database);
  // The time of a process that ends, such as a parallel worker, is not counted.
  await runQuery(database.admin, 'alter role duly set max_parallel_workers_per_gather = 0');
  const server = await startServer({ DATABASE_URL: database.url, CACHE_MAX_BYTES: '0' });
  const authorization = `Bearer ${mintToken(heavyUser)}`;
  const send: Send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/users/${heavyUser}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  try {
    console.log(`| operation of a user with ${tasks} tasks | ms at the database | asked |`);
    console.log('|---|---|---|');
    const operations = await createGrowthOperations(send, tasks);
    for (const part of growthParts.filter((name) => chosenParts.includes(name)))
      for (const operation of operations[part])
        if (operation.name.includes(values.only)) await measure(operation);
  } finally {
    await server.stop();
  }
} finally {
  await database.close();
}

async function measure({ name, run, asked = limitMs }: GrowthOperation): Promise<void> {
  const times: number[] = [];
  // The first one opens connections and prepares statements.
  for (let round = 0; round <= rounds; round += 1) {
    const before = database.cpuMs() ?? Number.NaN;
    await run(round);
    times.push((database.cpuMs() ?? Number.NaN) - before);
  }
  const ms = median(times.slice(1));
  const verdict = asked === null ? '' : ms <= asked ? `≤ ${asked}` : `≤ ${asked}, falls short`;
  console.log(`| ${name} | ${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} | ${verdict} |`);
}
