/** What Duly does against what the database and the framework do by themselves, measured in turn. */

import { createScript, hasPgbench, listScript, measureScript } from './references.ts';
import { median, type Report, tableHead, tableLine } from './report.ts';
import type { Operation } from './requests.ts';
import { type Server, startBareList, startBareRoute, startServer } from './server.ts';
import { measure, type Trial } from './trial.ts';

interface Options {
  seconds: number;
  rounds: number;
}

/** Enough that neither side waits for the other. */
const connections = 64;
/** Of the database's clients; the best number is found out first. */
const clientCounts = [4, 8, 15];

/** Each gives requests or transactions a second. */
type Contestants = Record<
  'bare' | 'remembering' | 'kept' | 'notModified' | 'dbList' | 'bareList' | 'made' | 'dbCreate' | 'create',
  () => Promise<number>
>;

/** The medians of the ratios of each round. */
export async function measureLimits(
  trial: Trial,
  report: Report,
  { seconds, rounds }: Options,
): Promise<void> {
  const uncached = await startServer({ ...trial.env, CACHE_MAX_BYTES: '0' });
  const rateOf = async (server: Server, operation: Operation, name: string) => {
    // The tasks that were created meanwhile made outdated what was kept.
    if (server === trial.server) await trial.refresh();
    const next = trial.requests[operation];
    const result = await measure(trial, server, { name, next, connections, seconds });
    console.log(tableLine(result));
    return result;
  };
  console.log(tableHead());
  const { bodyBytes } = await rateOf(trial.server, 'list', 'warm-up');
  const bare = await startBareRoute(bodyBytes, 'verified');
  const remembering = await startBareRoute(bodyBytes, 'remembered');
  const bareList = await startBareList(trial.database.url);
  const database = await databaseRates(trial, seconds);
  const contestants: Contestants = {
    bare: async () => (await rateOf(bare, 'list', 'bare route')).perSecond,
    remembering: async () => (await rateOf(remembering, 'list', 'bare route, tokens remembered')).perSecond,
    kept: async () => (await rateOf(trial.server, 'list', 'list, cached')).perSecond,
    notModified: async () => (await rateOf(trial.server, 'list 304', 'list, 304')).perSecond,
    dbList: database.list,
    bareList: async () => (await rateOf(bareList, 'list', 'node:http and pg: list')).perSecond,
    made: async () => (await rateOf(uncached, 'list', 'list, uncached')).perSecond,
    dbCreate: database.create,
    create: async () => (await rateOf(trial.server, 'create', 'create')).perSecond,
  };
  const rates = await inTurn(contestants, rounds);
  const tell = (name: string, [a, b]: [keyof Contestants, keyof Contestants], wanted: string) => {
    const value = median(rates[a].map((rate, round) => rate / (rates[b][round] ?? Number.NaN)));
    report.ratios.push({ name, value, wanted });
  };
  const tool = (await hasPgbench()) ? 'pgbench' : 'bare clients';
  tell(`cached list / ${tool} of its statement`, ['kept', 'dbList'], '≥ 3');
  tell('cached list / bare Fastify route', ['kept', 'bare'], '≥ 0.6');
  tell('cached list / bare Fastify route that remembers tokens', ['kept', 'remembering'], '≥ 0.6');
  tell(`uncached list / ${tool} of its statement`, ['made', 'dbList'], '≥ 0.75');
  tell('uncached list / node:http and pg by themselves', ['made', 'bareList'], '');
  tell(`node:http and pg by themselves / ${tool}`, ['bareList', 'dbList'], '');
  tell('304 / cached list', ['notModified', 'kept'], '≥ 1');
  tell(`create / ${tool} of counter and insert`, ['create', 'dbCreate'], '≥ 0.3');
  for (const server of [bare, remembering, bareList, uncached]) await server.stop();
}

async function inTurn(
  contestants: Contestants,
  rounds: number,
): Promise<Record<keyof Contestants, number[]>> {
  const names = Object.keys(contestants) as (keyof Contestants)[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const name of names) rates[name]?.push(await contestants[name]());
  return rates as Record<keyof Contestants, number[]>;
}

/** What the database does with as many clients as suit it best. */
async function databaseRates({ database, askers }: Trial, seconds: number) {
  const users = askers.length;
  const rated = async (name: string, script: ReturnType<typeof createScript>) => {
    const rate = (clients: number, time: number) =>
      measureScript(database.connection, script, { users, clients, seconds: time });
    const tried: [clients: number, rate: number][] = [];
    for (const clients of clientCounts) tried.push([clients, await rate(clients, 2)]);
    const [best] = tried.toSorted(([, a], [, b]) => b - a);
    const [clients] = best ?? [8];
    return async () => {
      const done = await rate(clients, seconds);
      console.log(
        `${name.padEnd(30)}${String(clients).padStart(12)}${''.padStart(12)}${done.toFixed(0).padStart(12)}`,
      );
      return done;
    };
  };
  return {
    list: await rated('the database: list', await listScript(users)),
    create: await rated('the database: counter, insert', createScript(users)),
  };
}
