import { median } from '../../server/bench/statistics.ts';
import { idle, type OpenList } from './list.ts';

/** Of a start, in milliseconds. */
interface Start {
  firstPaint: number;
  largestPaint: number;
  /** What long tasks after the first paint took beyond 50 ms each (https://web.dev/articles/tbt). */
  blocking: number;
  longestTask: number;
}

/** How long the app is watched after its list is there: it loads then what is opened first. */
const watchedMs = 3_000;

const read = `(() => {
  const firstPaint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  const late = noted.longtask.filter(({ startTime, duration }) => startTime + duration > firstPaint);
  return {
    firstPaint,
    largestPaint: noted['largest-contentful-paint'].at(-1)?.startTime ?? 0,
    blocking: late.reduce((sum, { duration }) => sum + duration - 50, 0),
    longestTask: Math.max(0, ...late.map(({ duration }) => duration)),
  };
})()`;

/** The start on Today, with the app and the mirror on the device. */
export async function measureStarts({ page, url }: OpenList, rounds: number) {
  const starts: Start[] = [];
  while (starts.length < rounds) {
    // Another page first, so that nothing of the last start is left.
    await page.goto('about:blank');
    await page.goto(`${url}/today`);
    await page.locator('[data-row]').first().waitFor();
    await page.waitForTimeout(watchedMs);
    await idle(page);
    starts.push(await page.evaluate<Start>(read));
  }
  const names = ['firstPaint', 'largestPaint', 'blocking', 'longestTask'] as const;
  return names.map((name) => {
    const all = starts.map((start) => start[name]);
    return { 'start, ms': name, median: Math.round(median(all)), max: Math.round(Math.max(...all)) };
  });
}
