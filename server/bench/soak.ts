/** Mixed load for hours: checks that memory stays constant and no request fails. */

import { tableHead, tableLine } from './report.ts';
import { measure, type Trial } from './trial.ts';

interface Options {
  minutes: number;
  /** Requests per second. */
  rate: number;
}

const connections = 1_000;
/** Before that, caches fill and code is compiled. */
const settledAfterMinutes = 10;

export async function soak(trial: Trial, { minutes, rate }: Options): Promise<void> {
  console.log(tableHead());
  const memory: { minute: number; rssMb: number }[] = [];
  let errors = 0;
  let requests = 0;
  for (let minute = 1; minute <= minutes; minute += 1) {
    // 48 s and a warm-up of a quarter of that are a minute of load.
    const name = `minute ${minute}`;
    const result = await measure(trial, trial.server, {
      name,
      next: trial.requests.mixed,
      connections,
      rate,
      seconds: 48,
    });
    console.log(tableLine(result));
    errors += result.errors;
    requests += result.requests;
    memory.push({ minute, rssMb: result.rssMb ?? Number.NaN });
  }
  const settled = memory.filter(({ minute }) => minute > settledAfterMinutes);
  const half = Math.floor(settled.length / 2);
  const mean = (part: typeof settled) => part.reduce((sum, { rssMb }) => sum + rssMb, 0) / part.length;
  console.log(
    `\n${requests} requests counted, ${errors} errors; RSS after minute ${settledAfterMinutes}: first half ${mean(settled.slice(0, half)).toFixed(0)} MB, ` +
      `second half ${mean(settled.slice(half)).toFixed(0)} MB, at most ${Math.max(...settled.map(({ rssMb }) => rssMb)).toFixed(0)} MB`,
  );
}
