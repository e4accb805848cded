import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { afterTest } from './clean-up.ts';
import { recordFault } from './faults-table.ts';
import { killTree, processesBelow } from './kill-process.ts';
import { startProcess, waitUntil } from './process.ts';
import { seeded } from './random.ts';

/** `DULY_TEST_SEED` chooses other instants, or those of a failure. */
export const killSeed = Number(process.env.DULY_TEST_SEED ?? 20_261_128);

/** The state in which the next start, or the same command again, has brought everything. */
export type End = 'before' | 'after';

/** What goes on after a kill first: the next start of the service, or the same command. */
export type Remedy = 'start' | 'command';

/** One run of a command on data of its own. */
export interface Trial {
  args: string[];
  env: Record<string, string>;
  /** A server that runs beside the command, and is killed with everything. */
  server?: number | undefined;
  /** Directories in which nothing half-done may be left. */
  directories: readonly string[];
  /** Finishes or undoes what the kill left, and compares counts, audit chains and feed heads with both ends. */
  settle(remedy: Remedy): Promise<End>;
}

export interface KillDrill {
  /** Of the command, for the table. */
  name: string;
  /** @param index of the trial, for drills with several kinds of trials */
  newTrial(index: number): Promise<Trial>;
}

/** Names of files and directories that are only there while something is written. */
const isHalfDone = (name: string) => /\.new-\d+$|\.restored$|^restore\.lock$/.test(name);

const listHalfDone = (directories: readonly string[]) =>
  directories.flatMap((directory) =>
    existsSync(directory)
      ? readdirSync(directory)
          .filter(isHalfDone)
          .map((name) => `${directory}/${name}`)
      : [],
  );

/** Neither files nor servers are left. */
export async function expectSettled(directories: readonly string[]): Promise<void> {
  await waitUntil(() => directories.flatMap(processesBelow).length === 0);
  expect(listHalfDone(directories)).toEqual([]);
}

/** Runs `work`, then what it has added to `afterTest`: the data of one trial is removed before the next one. */
async function inScope<T>(work: () => Promise<T>): Promise<T> {
  const outer = afterTest.length;
  try {
    return await work();
  } finally {
    for (const undo of afterTest.splice(outer).reverse()) await undo();
  }
}

async function measure({ name, newTrial }: KillDrill, index: number): Promise<number> {
  const { args, env, settle, directories } = await newTrial(index);
  const begin = performance.now();
  const { code, stderr } = await startProcess(args, env).ended;
  const durationMs = performance.now() - begin;
  expect([name, code, code === 0 || stderr]).toEqual([name, 0, true]);
  expect([name, await settle('start')]).toEqual([name, 'after']);
  await expectSettled(directories);
  return durationMs;
}

interface Kill {
  delayMs: number;
  /** Whether the database that the command uses is killed with it. */
  isEverything: boolean;
  remedy: Remedy;
}

/** @returns the end that was found; null if the command had ended before the kill */
async function killOnce(drill: KillDrill, index: number, kill: Kill): Promise<End | null> {
  const { args, env, server, settle, directories } = await drill.newTrial(index);
  const { child, ended } = startProcess(args, env);
  await Promise.race([sleep(kill.delayMs), ended]);
  if (child.exitCode !== null || child.pid === undefined) return null;
  if (kill.isEverything) {
    const pids = [child.pid, ...(server === undefined ? [] : [server])];
    await Promise.all(pids.map(killTree));
  } else child.kill('SIGKILL');
  await ended;
  const end = await settle(kill.remedy);
  await expectSettled(directories);
  return end;
}

/** Kills that come too late are made again, a bounded number of times. */
const triesPerKill = 3;

/**
 * Kills the command at random instants of its run, in turn alone and with its database, and lets the next start and the
 * same command go on in turn. Each must bring about one of the two ends. Records a row of the table of faults.
 */
export async function runKills(drill: KillDrill, kills: number, seed = killSeed): Promise<void> {
  const random = seeded(seed);
  const durationMs = await inScope(() => measure(drill, 0));
  const ends: Record<End, number> = { before: 0, after: 0 };
  let done = 0;
  for (let attempt = 0; done < kills && attempt < kills * triesPerKill; attempt += 1) {
    const kill: Kill = {
      delayMs: random.below(Math.ceil(durationMs)),
      isEverything: done % 2 === 1,
      remedy: Math.floor(done / 2) % 2 === 0 ? 'start' : 'command',
    };
    const what = `${drill.name}, seed ${seed}, kill ${done + 1}: ${JSON.stringify(kill)}`;
    const end = await inScope(() => killOnce(drill, done, kill)).catch((error: unknown) => {
      throw new Error(what, { cause: error });
    });
    if (end === null) continue;
    ends[end] += 1;
    done += 1;
  }
  expect(done).toBe(kills);
  recordFault({
    fault: `${drill.name} killed (kill -9) at ${kills} random instants, half of them with its database`,
    asked: 'undone or finished by the next start, or by the same command',
    seen: `${ends.before} undone, ${ends.after} finished, of a run of ${(durationMs / 1000).toFixed(1)} s; seed ${seed}`,
  });
}
