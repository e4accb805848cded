import { median, percentile } from '../../server/bench/statistics.ts';
import { idle, type OpenList } from './list.ts';

const text = 'Call Ada tomorrow at 5pm every week #House !high @home';

/** Work of the page's main thread since it was opened, in milliseconds. */
async function workOf({ devtools }: OpenList): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
}

/** What the page does for each key, pictures included, less what it does in as long without one. */
export async function measureTyping(list: OpenList, rounds: number) {
  const { page } = list;
  const input = page.getByRole('textbox', { name: 'Add a task' });
  const work: number[] = [];
  const idleWork: number[] = [];
  const note = async (into: number[], act: () => Promise<void>) => {
    const before = await workOf(list);
    await act();
    await idle(page);
    into.push((await workOf(list)) - before);
  };
  await input.click();
  // The parser is loaded with the focus.
  await page.waitForTimeout(1_000);
  for (let round = 0; round < rounds; round++) {
    for (const key of text) {
      await note(idleWork, async () => undefined);
      await note(work, () => page.keyboard.press(key === ' ' ? 'Space' : key));
    }
    await input.press('Escape');
    await idle(page);
  }
  const idleMs = median(idleWork);
  const keys = work.map((ms) => Math.max(0, ms - idleMs));
  const shares = [
    ['median', 0.5],
    ['95 of 100', 0.95],
    ['longest', 1],
  ] as const;
  return shares.map(([name, share]) => ({
    'typing, ms of work a key': name,
    value: percentile(keys, share).toFixed(1),
  }));
}
