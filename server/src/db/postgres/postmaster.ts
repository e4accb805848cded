import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { hasCode, processExists } from '../../platform/files.ts';
import type { Cluster } from './cluster.ts';
import { programEnvironment } from './initdb.ts';
import { serverArguments, socketPort } from './server-settings.ts';

const pollMs = 20;
const fastShutdownMs = 20_000;
const immediateShutdownMs = 5_000;

/** Content of postmaster.pid. The process may have ended long ago. */
export interface PidFile {
  pid: number;
  socketDirectory: string;
}

/** @returns undefined if there is no file, or the server has not written it yet */
export function readPidFile(directory: string): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, socketDirectory: lines[4] ?? '' };
}

/**
 * Whether the process is the postmaster of this cluster. Its existence does not suffice. After a reboot another process
 * may have the pid, and in a container a dead one may stay a zombie.
 */
export function isPostmaster(pid: number, directory: string): boolean {
  if (!processExists(pid)) return false;
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(directory);
    }
    return execFileSync('ps', ['-ww', '-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).includes(
      directory,
    );
  } catch {
    // The process just ended, or this account may not inspect it. Then it may be the postmaster.
    return processExists(pid);
  }
}

/** Starts the server in a session of its own: it survives Ctrl-C and the end of this process. */
export function launchPostmaster(cluster: Cluster, socketDirectory: string): ChildProcess {
  const { directory, binaries, settings } = cluster;
  const args = serverArguments(directory, socketDirectory, Number(binaries.major), settings);
  removeOldLogs(directory);
  const output = openSync(join(cluster.dataDir, startLogFile), 'w', 0o600);
  try {
    const child = spawn(binaries.postgres, args, {
      ...cluster.account,
      cwd: '/',
      env: programEnvironment,
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/**
 * The server's output until its log collector runs. Outside the cluster, whose account could replace it with a link.
 */
const startLogFile = 'postgres-start.log';

/** The server truncates a weekday's file only when it rotates to it, not when it starts on that day. */
function removeOldLogs(directory: string): void {
  const weekAgo = Date.now() - 6 * 24 * 3_600_000;
  for (const path of logFiles(directory)) if (statSync(path).mtimeMs < weekAgo) rmSync(path);
}

function logFiles(directory: string): string[] {
  const log = join(directory, 'log');
  try {
    return readdirSync(log)
      .filter((name) => /^postgresql-\w{3}\.log$/.test(name))
      .map((name) => join(log, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The last line of the server's logs that states an error. */
export function lastErrorLine(cluster: Cluster): string {
  const newest = logFiles(cluster.directory).sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const lines = [...newest.slice(-1), join(cluster.dataDir, startLogFile)]
    .flatMap((path) => readFileSync(path, 'utf8').slice(-20_000).split('\n'))
    .filter((line) => line.trim() !== '');
  const errorLine =
    lines.findLast((line) => /FATAL|PANIC|error while loading|could not/.test(line)) ?? lines.at(-1);
  return errorLine?.replace(/^[\d: .-]+UTC \[\d+\] /, '').trim() ?? 'it printed nothing';
}

/**
 * Ends backends that outlived a killed postmaster. One in the middle of a statement would hold the shared memory and
 * prevent a new start. Linux only; on other systems the start waits for them. Runs as the server's account, since root
 * in a container may not inspect other users' processes.
 */
export function killOrphans(cluster: Cluster): void {
  if (process.platform !== 'linux') return;
  const script = `for p in /proc/[0-9]*; do
    test "$p/cwd" -ef "$1" && read -r name < "$p/comm" && test "$name" = postgres && kill "\${p#/proc/}"
  done`;
  spawnSync('/bin/sh', ['-c', script, 'sh', cluster.directory], {
    ...cluster.account,
    cwd: '/',
    stdio: 'ignore',
  });
}

/** Removes lock files whose pid belongs to another process now: the server would not start while that one lives. */
export function removeStaleLocks(cluster: Cluster, socketDirectory: string): void {
  rmSync(join(cluster.directory, 'postmaster.pid'), { force: true });
  rmSync(join(socketDirectory, `.s.PGSQL.${socketPort}.lock`), { force: true });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/**
 * Fast shutdown (SIGINT): rolls back open transactions and checkpoints. After 20 s, immediate shutdown (SIGQUIT).
 * Resolves when the process has ended, or after 5 s more.
 */
export async function shutDown(cluster: Cluster, pid: number, log: Logger): Promise<void> {
  const signalAndWait = async (signal: NodeJS.Signals, waitMs: number) => {
    const deadline = performance.now() + waitMs;
    if (!isPostmaster(pid, cluster.directory)) return true;
    sendSignal(pid, signal);
    while (isPostmaster(pid, cluster.directory)) {
      if (performance.now() > deadline) return false;
      await sleep(pollMs);
    }
    return true;
  };
  if (await signalAndWait('SIGINT', fastShutdownMs)) return;
  log.warn(
    { postmasterPid: pid },
    'the embedded PostgreSQL takes too long to shut down; the next start will recover',
  );
  if (await signalAndWait('SIGQUIT', immediateShutdownMs)) return;
  log.error({ postmasterPid: pid }, 'the embedded PostgreSQL does not stop');
}
