import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function postmasterPid(cluster: string): number | undefined {
  const path = join(cluster, 'postmaster.pid');
  return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) : undefined;
}

export function killPostmaster(cluster: string, signal: NodeJS.Signals = 'SIGKILL'): void {
  const pid = postmasterPid(cluster);
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {}
}
