/** The same requests at the same rate on databases of different sizes, measured alternately. */

import { join } from 'node:path';
import { type Report, type Result, tableHead, tableLine } from './report.ts';
import { heavyRequests, type Operation } from './requests.ts';
import { alternate, median, medianRatio } from './statistics.ts';
import { measure, openTrial, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  /** Numbers of tasks, ascending. */
  sizes: readonly number[];
  /** Where the databases are kept, each in a folder; null creates them for this run. */
  dataDir: string | null;
}

const tasksPerUser = 100;
/** From this number of tasks on, there is a user with 100,000. */
const largeSize = 10_000_000;
const heavyUserTasks = 100_000;
const connections = 32;
/** Low, so that the latency has no queueing in it. */
const rate = 100;
const compared: Operation[] = ['list', 'get', 'create', 'changes'];

interface SizedTrial {
  tasks: number;
  trial: Trial;
}

export async function measureScale(report: Report, options: Options): Promise<void> {
  const all: SizedTrial[] = [];
  try {
    for (const tasks of options.sizes) all.push({ tasks, trial: await openSized(tasks, options.dataDir) });
    console.log(tableHead());
    for (const operation of compared) await compare(report, all, operation, options);
    const last = all.at(-1);
    if (last !== undefined && last.tasks >= largeSize)
      await measureHeavyUser(report, last.trial, options.seconds);
  } finally {
    for (const { trial } of all) await trial.close();
  }
}

function openSized(tasks: number, dataDir: string | null): Promise<Trial> {
  const users = Math.ceil(tasks / tasksPerUser);
  return openTrial({
    dataDir: dataDir === null ? null : join(dataDir, String(tasks)),
    size: { users, tasksPerUser, heavyUserTasks: tasks >= largeSize ? heavyUserTasks : 0 },
    activeUsers: Math.min(2_000, users),
    // Without the response cache, because the database is what grew.
    env: { CACHE_MAX_BYTES: '0' },
  });
}

async function compare(
  report: Report,
  all: readonly SizedTrial[],
  operation: Operation,
  { seconds, rounds }: Options,
): Promise<void> {
  const candidates = all.map(({ tasks, trial }) => ({
    name: tasks,
    async run() {
      const next = trial.requests[operation];
      const name = `${operation}, ${tasks} tasks`;
      const result = await measure(trial, trial.server, { name, next, connections, rate, seconds });
      console.log(tableLine(result));
      return result;
    },
  }));
  const results = await alternate(candidates, rounds);
  const figuresOf = (tasks: number, figure: (result: Result) => number) =>
    (results.get(tasks) ?? []).map(figure);
  const p95sOf = (tasks: number) => figuresOf(tasks, ({ latencyMs }) => latencyMs.p95);
  for (const { tasks } of all) {
    const micros = figuresOf(tasks, (result) => result.databaseMicrosPerRequest ?? Number.NaN);
    report.cost.push({ operation, tasks, databaseMicros: median(micros), p95: median(p95sOf(tasks)) });
  }
  const [least, most] = [Math.min(...results.keys()), Math.max(...results.keys())];
  report.ratios.push({
    name: `${operation}: p95 at ${inWords(most)} / ${inWords(least)} tasks`,
    value: medianRatio(p95sOf(most), p95sOf(least)),
    wanted: '≤ 1.5',
  });
}

const inWords = (count: number) =>
  count >= 1_000_000 ? `${count / 1_000_000} million` : `${count / 1_000} thousand`;

async function measureHeavyUser(report: Report, trial: Trial, seconds: number): Promise<void> {
  for (const [name, next] of Object.entries(heavyRequests)) {
    const result = await measure(trial, trial.server, { name, next, connections: 1, seconds });
    console.log(tableLine(result));
    report.results.push(result);
    if (name.startsWith('search'))
      report.ratios.push({ name: `${name}: p95, ms`, value: result.latencyMs.p95, wanted: '< 100' });
  }
}
