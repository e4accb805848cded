import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hasCode, processExists } from '../../src/platform/files.ts';
import { waitUntil } from './waiting.ts';

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

/** What this process started and what still is its child. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
}

/** Stops a process, then its children: what is stopped starts no other one meanwhile. */
function freezeTree(pid: number): number[] {
  return send(pid, 'SIGSTOP') ? [pid, ...childrenOf(pid).flatMap(freezeTree)] : [];
}

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  if (!processExists(pid)) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Kills a process and everything that it started at one instant, as a crash of the machine would. Linux only. */
export async function killTree(pid: number): Promise<void> {
  const pids = freezeTree(pid);
  for (const each of pids) send(each, 'SIGKILL');
  await waitUntil(() => !pids.some(isRunning));
}

/** Programs that work in a directory or below it, such as servers of databases. */
export function processesBelow(directory: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${directory}/`);
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return false;
        throw error;
      }
    });
}
