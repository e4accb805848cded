/** What is measured in turn: a server's requests, or a script of the database alone. */

import { hasPgbench, measureScript } from './pgbench.ts';
import { makeScripts, type ScriptName } from './references.ts';
import type { Requests } from './requests.ts';
import type { Server } from './server.ts';
import { measure, type Trial } from './trial.ts';

/** One measurement. */
export interface Sample {
  /** Requests or transactions. */
  perSecond: number;
  errors: number;
}

export interface Candidate {
  name: string;
  /** Measures once. */
  run(): Promise<Sample>;
}

export interface Candidates {
  /** Name of what runs the scripts. */
  tool: string;
  ofServer(name: string, server: Server, next: Requests): Candidate;
  ofDatabase(script: ScriptName): Candidate;
  /** Length of a list's body. */
  bodyBytes: number;
}

/** Enough to saturate the servers. */
const connections = 32;
/** Numbers of database clients to try; the fastest one is used. */
const clientCounts = [4, 8, 15];
const tryingSeconds = 1;

/** Two requests at once for one task may conflict; more errors than this mean that something else is measured. */
const mostErrors = 0.01;

/** @throws from measurements with more than a few errors */
export async function createCandidates(
  trial: Trial,
  { seconds, tasksPerUser }: { seconds: number; tasksPerUser: number },
): Promise<Candidates> {
  const scripts = await makeScripts();
  const tool = (await hasPgbench()) ? 'pgbench' : 'bare clients';
  const variables = { users: trial.users.length, tasks: tasksPerUser };
  const measureServer = async (name: string, server: Server, next: Requests) => {
    const result = await measure(trial, server, { name, next, connections, seconds });
    if (result.errors > result.requests * mostErrors)
      throw new Error(`${name}: ${result.errors} of ${result.requests} requests failed`);
    return result;
  };
  const { bodyBytes } = await measureServer('warm-up', trial.server, trial.requests.list);
  return {
    tool,
    bodyBytes,
    ofServer: (name, server, next) => ({
      name,
      run: () => measureServer(name, server, next),
    }),
    ofDatabase(script) {
      const rate = (clients: number, time: number) =>
        measureScript(trial.database.connection, scripts[script], { variables, clients, seconds: time });
      const best = once(() => bestOf(clientCounts, (clients) => rate(clients, tryingSeconds)));
      return {
        name: `${tool}: ${script}`,
        run: async () => ({ perSecond: await rate(await best(), seconds), errors: 0 }),
      };
    },
  };
}

/** The option with the highest value. */
async function bestOf(
  options: readonly number[],
  measureOption: (option: number) => Promise<number>,
): Promise<number> {
  const tried: [option: number, value: number][] = [];
  for (const option of options) tried.push([option, await measureOption(option)]);
  return tried.toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? Number.NaN;
}

function once<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
