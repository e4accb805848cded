/**
 * How fast Duly is, and how fast the database, the framework and other backends are, on one machine in one run.
 *
 *   npm run bench -- [options]
 *
 *   --seconds N        length of each measurement (5; comparisons 1.5)
 *   --users N          users to seed (10000; with --peers 2000), --tasks N for each (200); --hot N send requests (1000)
 *   --rounds N         rounds of alternating comparisons (5); their medians are reported
 *   --only a,b         only these operations in the table; none: only the comparisons
 *   --data DIR         a database to keep in DIR and reuse, instead of one for this run
 *   --workers N        WEB_CONCURRENCY of the servers (1)
 *   --json FILE        writes the results, --compare FILE prints ratios to those of an earlier run
 *   --peers            only comparisons, with FastAPI by --python FILE (python3) and PocketBase by --pocketbase FILE
 *   --before DIR       another checkout with installed packages, to compare the mixture with
 *   --compression      lists with and without gzip, cached and uncached, and those of --before
 *   --scale [--sizes]  the same requests on 10 thousand tasks and more; --sizes 10000,10000000 has how many
 *   --soak MINUTES     mixed load at --rate N a second (1000), memory printed each minute
 *   --memory           memory of five starts, each left alone for --seconds N (60)
 *   --charts           draws docs/performance/ and the tables of docs/performance.md from the figures in that folder
 */

import { parseArgs } from 'node:util';
import { writePerformance } from './charts.ts';
import { measureComparisons } from './comparisons.ts';
import { measureCompression } from './compression.ts';
import { measureMemory } from './memory.ts';
import { measureMixed } from './mixed.ts';
import { startPeers, stopPeers } from './peers.ts';
import { newReport, printComparison, printPeerRatios, printRatios, writeReport } from './report.ts';
import { measureScale } from './scale.ts';
import { soak } from './soak.ts';
import { measureStarts } from './starts.ts';
import { measureTable } from './table.ts';
import { openTrial, type Trial } from './trial.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    users: { type: 'string' },
    tasks: { type: 'string', default: '200' },
    hot: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    data: { type: 'string' },
    workers: { type: 'string', default: '1' },
    json: { type: 'string' },
    compare: { type: 'string' },
    peers: { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    pocketbase: { type: 'string' },
    compression: { type: 'boolean', default: false },
    before: { type: 'string' },
    scale: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '10000,10000000' },
    soak: { type: 'string' },
    rate: { type: 'string', default: '1000' },
    memory: { type: 'boolean', default: false },
    charts: { type: 'boolean', default: false },
  },
});

if (values.charts) {
  writePerformance();
  process.exit();
}

const tasksPerUser = Number(values.tasks);
const users = Number(values.users ?? (values.peers ? 2_000 : 10_000));
const size = { users, tasksPerUser, heavyUserTasks: 0 };
const activeUsers = Math.min(Number(values.hot), users / 2);
const seconds = Number(values.seconds ?? 5);
const comparisonSeconds = Number(values.seconds ?? 1.5);
const rounds = Number(values.rounds);
const before = values.before ?? null;
const report = newReport();
console.log(`${report.machine}, Node ${report.node}, ${report.at}`);

async function measurePeers(trial: Trial): Promise<void> {
  const toDelete = await trial.database.findOtherTasks(activeUsers);
  const { python, pocketbase = null } = values;
  const peers = values.peers ? await startPeers(trial, { python, pocketBase: pocketbase }, toDelete) : [];
  const options = { seconds: comparisonSeconds, rounds, size, tasksPerUser, before, peers, toDelete };
  try {
    await measureComparisons(trial, report, options);
  } finally {
    await stopPeers(peers);
  }
  if (values.peers || before !== null) await measureMixed(trial, report, options);
}

if (values.memory) {
  await measureMemory(report, Number(values.seconds ?? 60));
} else if (values.scale) {
  const sizes = values.sizes.split(',').map(Number);
  await measureScale(report, { seconds, rounds, sizes, dataDir: values.data ?? null });
} else {
  const env = { WEB_CONCURRENCY: values.workers };
  const trial = await openTrial({ dataDir: values.data ?? null, size, activeUsers, env });
  try {
    if (values.soak !== undefined) {
      await soak(trial, { minutes: Number(values.soak), rate: Number(values.rate) });
    } else if (values.compression) {
      await measureCompression(trial, report, { seconds, rounds, before });
    } else if (values.peers) {
      await measurePeers(trial);
    } else {
      await measureStarts(report);
      await measurePeers(trial);
      await measureTable(trial, report, { seconds, only: values.only?.split(',') ?? null });
    }
  } finally {
    await trial.close();
  }
}
printPeerRatios(report);
printRatios(report);
if (values.compare !== undefined) printComparison(report, values.compare);
if (values.json !== undefined) writeReport(report, values.json);
process.exit();
