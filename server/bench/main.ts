/**
 * How fast Duly is, and how fast the database and the framework are alone, on one machine in one run.
 *
 *   npm run bench -- [options]
 *
 *   --seconds N     length of each measurement (5)
 *   --users N       users to seed (10000), --tasks N for each (200); --hot N of them send requests (1000)
 *   --rounds N      rounds of alternating comparisons (3); their medians are reported
 *   --only a,b      only these operations in the table; none: only the comparisons
 *   --data DIR      a database to keep in DIR and reuse, instead of one for this run
 *   --workers N     WEB_CONCURRENCY of the servers (1)
 *   --json FILE     writes the results, --compare FILE prints ratios to those of an earlier run
 *   --compression   lists with and without gzip, cached and uncached; --before DIR: plain ones of that checkout too
 *   --scale         10 million tasks against 10 thousand
 *   --soak MINUTES  mixed load at --rate N a second (1000), memory printed each minute
 */

import { parseArgs } from 'node:util';
import { measureCompression } from './compression.ts';
import { measureLimits } from './limits.ts';
import { newReport, printComparison, printRatios, writeReport } from './report.ts';
import { measureScale } from './scale.ts';
import { soak } from './soak.ts';
import { measureStarts } from './starts.ts';
import { measureTable } from './table.ts';
import { openTrial } from './trial.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    users: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '200' },
    hot: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    data: { type: 'string' },
    workers: { type: 'string', default: '1' },
    json: { type: 'string' },
    compare: { type: 'string' },
    compression: { type: 'boolean', default: false },
    before: { type: 'string' },
    scale: { type: 'boolean', default: false },
    soak: { type: 'string' },
    rate: { type: 'string', default: '1000' },
  },
});

const size = { users: Number(values.users), tasksPerUser: Number(values.tasks), heavyUserTasks: 0 };
const seconds = Number(values.seconds);
const report = newReport();
console.log(`${report.machine}, Node ${report.node}, ${report.at}`);

if (values.scale) {
  await measureScale(report, { seconds, rounds: Number(values.rounds), dataDir: values.data ?? null });
} else {
  const trial = await openTrial({
    dataDir: values.data ?? null,
    size,
    activeUsers: Number(values.hot),
    env: { WEB_CONCURRENCY: values.workers },
  });
  try {
    if (values.soak !== undefined) {
      await soak(trial, { minutes: Number(values.soak), rate: Number(values.rate) });
    } else if (values.compression) {
      const before = values.before ?? null;
      await measureCompression(trial, report, { seconds, rounds: Number(values.rounds), before });
    } else {
      await measureStarts(report);
      await measureLimits(trial, report, { seconds, rounds: Number(values.rounds) });
      await measureTable(trial, report, { seconds, only: values.only?.split(',') ?? null });
    }
  } finally {
    await trial.close();
  }
}
printRatios(report);
if (values.compare !== undefined) printComparison(report, values.compare);
if (values.json !== undefined) writeReport(report, values.json);
process.exit();
