/** The same requests on 10 million tasks and on 10 thousand, at the same rate, in turn. */

import { median, type Report, tableHead, tableLine } from './report.ts';
import { heavyRequests, type Operation } from './requests.ts';
import { measure, openTrial, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
  /** Where the large database is kept; null makes it anew. */
  dataDir: string | null;
}

const small = { users: 100, tasksPerUser: 100, heavyUserTasks: 0 };
const large = { users: 100_000, tasksPerUser: 100, heavyUserTasks: 100_000 };
const connections = 32;
/** Light enough that what is measured is the work and not the queue. */
const rate = 100;
const compared: Operation[] = ['list', 'get', 'create', 'changes'];

export async function measureScale(report: Report, { seconds, rounds, dataDir }: Options): Promise<void> {
  // Without kept answers: it is the database that grew.
  const env = { CACHE_MAX_BYTES: '0' };
  const few = await openTrial({ dataDir: null, size: small, hot: 100, env });
  const many = await openTrial({ dataDir, size: large, hot: 2_000, env });
  try {
    console.log(tableHead());
    for (const operation of compared) await compare(report, { few, many }, operation, { seconds, rounds });
    for (const [name, next] of Object.entries(heavyRequests)) {
      const result = await measure(many, many.server, { name, next, connections: 1, seconds });
      console.log(tableLine(result));
      report.results.push(result);
      if (name.startsWith('search'))
        report.ratios.push({ name: `${name}: p95, ms`, value: result.latencyMs.p95, wanted: '< 100' });
    }
  } finally {
    await many.close();
    await few.close();
  }
}

async function compare(
  report: Report,
  { few, many }: { few: Trial; many: Trial },
  operation: Operation,
  { seconds, rounds }: Omit<Options, 'dataDir'>,
): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const of = async (trial: Trial, tasks: string) => {
      const name = `${operation}, ${tasks} tasks`;
      const next = trial.requests[operation];
      const result = await measure(trial, trial.server, { name, next, connections, rate, seconds });
      console.log(tableLine(result));
      report.results.push(result);
      return result.latencyMs.p95;
    };
    const before = await of(few, '10 thousand');
    ratios.push((await of(many, '10 million')) / before);
  }
  report.ratios.push({
    name: `${operation}: p95 at 10 million / 10 thousand tasks`,
    value: median(ratios),
    wanted: '≤ 1.5',
  });
}
