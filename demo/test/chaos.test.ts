import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { afterTest } from '../../server/test/support/clean-up.ts';
import { processesBelow } from '../../server/test/support/kill-process.ts';
import { temporaryDirectory, waitUntil } from '../../server/test/support/process.ts';
import { startDemo } from './support.ts';

/** What the demonstration writes goes below a directory of its own. */
async function newTemporary(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  const own = join(path, 'tmp');
  mkdirSync(own);
  return own;
}

function expectNothingLeft(TMPDIR: string): void {
  expect(processesBelow(TMPDIR)).toEqual([]);
  expect(readdirSync(TMPDIR)).toEqual([]);
}

test('nothing is lost or doubled while server and database are killed, and everything is removed', async () => {
  const TMPDIR = await newTemporary();
  const { code, output } = await startDemo(['--chaos', '--seconds', '15', '--seed', '7'], { TMPDIR }).ended;
  expect([code, output]).toEqual([0, expect.stringMatching(/Nothing was lost or doubled: \d{2,} tasks/)]);
  expect(output).toContain('the mirrors of 3 phones are what the server has');
  expect(output.match(/^killed .*: back after/gm)?.length).toBeGreaterThanOrEqual(2);
  // Plain lines: this is no terminal.
  expect(output).not.toContain('\u001b');
  expectNothingLeft(TMPDIR);
});

test('Ctrl-C stops and removes everything that was started', async () => {
  const TMPDIR = await newTemporary();
  const demo = startDemo(['--chaos', '--seconds', '600'], { TMPDIR });
  await waitUntil(() => /^killed /m.test(demo.output()));
  demo.child.kill('SIGINT');
  expect(await demo.ended).toEqual({ code: 1, output: expect.stringContaining('Stopped') });
  expectNothingLeft(TMPDIR);
});
