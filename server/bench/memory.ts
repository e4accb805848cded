/** Memory of `npm start` without a request: the server, its launcher, and what they share with nobody. Linux only. */

import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './report.ts';
import { childrenOf, launchServer } from './server.ts';
import { median } from './statistics.ts';

const starts = 5;

interface Memory {
  /** Resident set, in MB, and its anonymous part. */
  rssMb: number;
  anonymousMb: number;
  /** Proportional set: pages that several processes map count in part. */
  pssMb: number;
}

/** @param idleSeconds how long each start is left alone before it is measured */
export async function measureMemory(report: Report, idleSeconds: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-bench-'));
  chmodSync(dataDir, 0o755);
  const servers: Memory[] = [];
  const launchers: Memory[] = [];
  try {
    while (servers.length < starts) {
      const launcher = await launchServer({ DATA_DIR: dataDir });
      await sleep(idleSeconds * 1_000);
      const [pid = launcher.pid] = childrenOf(launcher.pid);
      servers.push(memoryOf(pid));
      launchers.push(memoryOf(launcher.pid));
      await launcher.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  const of = (figures: readonly Memory[], name: keyof Memory) => median(figures.map((one) => one[name]));
  report.ratios.push(
    { name: 'server, idle: RSS, MB', value: of(servers, 'rssMb'), wanted: '≤ 110' },
    { name: 'server, idle: anonymous, MB', value: of(servers, 'anonymousMb'), wanted: '' },
    { name: 'launcher: PSS, MB', value: of(launchers, 'pssMb'), wanted: '' },
  );
}

function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN) / 1_024;
  return { rssMb: mb('Rss'), anonymousMb: mb('Anonymous'), pssMb: mb('Pss') };
}
