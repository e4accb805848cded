import { afterAll, afterEach, beforeEach } from 'vitest';
import { afterFile, afterTest } from './clean-up.ts';
import { takeRecentLines } from './log.ts';

async function undo(all: (() => unknown)[]): Promise<void> {
  for (const one of all.splice(0).reverse()) await one();
}

beforeEach(() => {
  takeRecentLines();
});
afterEach(async ({ task }) => {
  const lines = takeRecentLines();
  if (task.result?.state === 'fail' && lines.length > 0)
    console.warn(`the log of “${task.name}”:\n${lines.join('\n')}`);
  await undo(afterTest);
});
afterAll(() => undo(afterFile));
