/** The same requests at the same rate on 10 million and on 10 thousand tasks, measured alternately. */

import { median, type Report, tableHead, tableLine } from './report.ts';
import { heavyRequests, type Operation } from './requests.ts';
import { measure, openTrial, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  /** Where the large database is kept; null creates it for this run. */
  dataDir: string | null;
}

const smallSize = { users: 100, tasksPerUser: 100, heavyUserTasks: 0 };
const largeSize = { users: 100_000, tasksPerUser: 100, heavyUserTasks: 100_000 };
const connections = 32;
/** Low, so that the latency has no queueing in it. */
const rate = 100;
const compared: Operation[] = ['list', 'get', 'create', 'changes'];

export async function measureScale(report: Report, { seconds, rounds, dataDir }: Options): Promise<void> {
  // Without the response cache, because the database is what grew.
  const env = { CACHE_MAX_BYTES: '0' };
  const smallTrial = await openTrial({ dataDir: null, size: smallSize, activeUsers: 100, env });
  const largeTrial = await openTrial({ dataDir, size: largeSize, activeUsers: 2_000, env });
  try {
    console.log(tableHead());
    for (const operation of compared)
      await compare(report, { smallTrial, largeTrial }, operation, { seconds, rounds });
    for (const [name, next] of Object.entries(heavyRequests)) {
      const result = await measure(largeTrial, largeTrial.server, { name, next, connections: 1, seconds });
      console.log(tableLine(result));
      report.results.push(result);
      if (name.startsWith('search'))
        report.ratios.push({ name: `${name}: p95, ms`, value: result.latencyMs.p95, wanted: '< 100' });
    }
  } finally {
    await largeTrial.close();
    await smallTrial.close();
  }
}

async function compare(
  report: Report,
  { smallTrial, largeTrial }: { smallTrial: Trial; largeTrial: Trial },
  operation: Operation,
  { seconds, rounds }: Omit<Options, 'dataDir'>,
): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measureP95 = async (trial: Trial, tasks: string) => {
      const name = `${operation}, ${tasks} tasks`;
      const next = trial.requests[operation];
      const result = await measure(trial, trial.server, { name, next, connections, rate, seconds });
      console.log(tableLine(result));
      report.results.push(result);
      return result.latencyMs.p95;
    };
    const before = await measureP95(smallTrial, '10 thousand');
    ratios.push((await measureP95(largeTrial, '10 million')) / before);
  }
  report.ratios.push({
    name: `${operation}: p95 at 10 million / 10 thousand tasks`,
    value: median(ratios),
    wanted: '≤ 1.5',
  });
}
