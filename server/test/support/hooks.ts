import { afterAll, afterEach } from 'vitest';
import { afterFile, afterTest } from './clean-up.ts';

async function undo(all: (() => unknown)[]): Promise<void> {
  for (const one of all.splice(0).reverse()) await one();
}

afterEach(() => undo(afterTest));
afterAll(() => undo(afterFile));
