/** Time from the command to a ready server on an embedded database: the first start, and later starts. */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './report.ts';
import { launchServer } from './server.ts';
import { median } from './statistics.ts';

const laterStarts = 5;

export async function measureStarts(report: Report): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-bench-'));
  chmodSync(dataDir, 0o755);
  const start = async () => {
    const begin = performance.now();
    const server = await launchServer({ DATA_DIR: dataDir });
    const seconds = (performance.now() - begin) / 1_000;
    await server.stop();
    return seconds;
  };
  try {
    const first = await start();
    const later: number[] = [];
    while (later.length < laterStarts) later.push(await start());
    report.ratios.push(
      { name: 'first start, with a new database: s', value: first, wanted: '≤ 4' },
      { name: `later start, median of ${laterStarts}: s`, value: median(later), wanted: '≤ 2' },
    );
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
