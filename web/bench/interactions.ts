import { median } from '../../server/bench/statistics.ts';
import { idle, type OpenList } from './list.ts';

type Step = [name: string, run: (list: OpenList) => Promise<void>];

const press = (key: string) => async (list: OpenList) => list.page.keyboard.press(key);
const follow = (name: string) => async (list: OpenList) =>
  list.page.locator('.nav').getByRole('link', { name }).click();

/** What people do with a list, one after the other; each leaves the page so that the next is possible. */
const steps: Step[] = [
  ['complete a task', ({ page }) => page.locator('.check').nth(2).click()],
  ['undo', ({ page }) => page.getByRole('button', { name: 'Undo' }).last().click()],
  ['open a task', ({ page }) => page.locator('.row-title').nth(3).click()],
  ['close it', ({ page }) => page.getByRole('button', { name: 'Done' }).click()],
  [
    'open the menu of the list',
    ({ page }) => page.getByRole('button', { name: 'More for this list' }).click(),
  ],
  ['close it with Escape', press('Escape')],
  ['next row by a key', press('j')],
  ['select it', press('x')],
  ['end the selection', press('Escape')],
  [
    'open the palette',
    async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'close the palette',
    async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    },
  ],
  ['show Upcoming', follow('Upcoming')],
  ['show Inbox', follow('Inbox')],
  ['show Today', follow('Today')],
];

/** The longest events of what has just been done. Those that took less than 16 ms are not noted. */
const read = `noted.event.splice(0).filter(({ interactionId }) => interactionId > 0)
  .reduce((longest, { duration }) => Math.max(longest, duration), 0)`;

/** From each event to the next picture, in milliseconds; a browser counts in steps of 8. */
export async function measureInteractions(list: OpenList, rounds: number) {
  const { page, url } = list;
  await page.goto(`${url}/today`);
  await page.locator('[data-row]').first().waitFor();
  // What the first task that is opened needs is loaded soon after the start.
  await page.waitForTimeout(3_000);
  const durations = new Map(steps.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of steps) {
      await page.evaluate(read);
      await run(list);
      await idle(page);
      // Entries come after the picture that they wait for.
      await page.waitForTimeout(200);
      durations.get(name)?.push(await page.evaluate<number>(read));
    }
  const row = (interaction: string, all: number[]) => ({
    interaction,
    median: shown(median(all)),
    max: shown(Math.max(...all)),
  });
  const rows = [...durations].map(([name, all]) => row(name, all));
  return [...rows, row('interaction to next paint: the worst', [...durations.values()].flat())];
}

const shown = (ms: number): string => (ms < 16 ? '< 16' : String(ms));
