import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startProcess } from '../support/process.ts';
import { newDataDirectory } from '../support/servers.ts';

test('an output that cannot be written never stops a command half-way', async () => {
  const env = { DATA_DIR: await newDataDirectory() };
  const full = openSync('/dev/full', 'w');
  const migrated = startProcess(['migrate', 'up'], env, false, full);
  closeSync(full);
  expect(await migrated.ended).toMatchObject({
    code: 1,
    stderr: 'duly: the output cannot be written: ENOSPC: no space left on device, write\n',
  });
  const status = async () => (await startProcess(['migrate', 'status'], env).ended).stdout;
  const whole = await status();
  expect(whole).not.toContain('pending');

  // The reader leaves at once, as `head` does.
  const redone = startProcess(['migrate', 'redo'], env);
  redone.child.stdout?.destroy();
  expect(await redone.ended).toMatchObject({ code: 0, stderr: '' });
  expect(await status()).toBe(whole);
});
