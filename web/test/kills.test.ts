import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { createDuly, type Task } from '../../client/src/index.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { startForwarder } from '../../server/test/support/forwarder.ts';
import { isLong } from '../../server/test/support/long-tests.ts';
import { patience } from '../../server/test/support/patience.ts';
import { seeded } from '../../server/test/support/random.ts';
import { createMigratedDatabase, startTestServer } from '../../server/test/support/servers.ts';
import { addTask, api, buildWebApp, hasBrowser, row, saved, useBrowser } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: kills under the web app, for want of Chromium in /usr/bin');

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);
const kills = isLong ? 20 : 2;

/** When the server is killed: as a write is sent, or once it is stored, before its answer arrives. */
type Moment = 'sent' | 'stored';
type Action = 'add' | 'complete' | 'repeat' | 'edit';
const actions: readonly Action[] = ['add', 'complete', 'repeat', 'edit'];

interface Shown {
  title: string;
  completed: boolean;
}

const sorted = (tasks: readonly Shown[]) =>
  tasks.map(({ title, completed }) => `${title} ${completed}`).sort();

/** The tasks of the list that the page shows. */
const shownTasks = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('[data-row] > .row')].map((row) => ({
    title: row.querySelector('.row-text').textContent,
    completed: row.dataset.completed === 'true',
  }))`) as Promise<Shown[]>;

const dayMs = 86_400_000;
const named = (name: string, round: number) => `${name} ${String(round).padStart(2, '0')}`;
const isWrite = (method: string, url: string) => method !== 'GET' && url.includes('/api/v1/users/');

describe.skipIf(!hasBrowser)('the web app of a server that is killed', () => {
  let url = '';
  const browser = useBrowser(() => url);

  test(
    `loses and doubles nothing in ${kills} kills while somebody writes, and shows the same in every window (seed ${seed})`,
    async () => {
      const random = seeded(seed);
      const env = { DATABASE_URL: await createMigratedDatabase(), ...buildWebApp() };
      const forwarder = await startForwarder();
      url = `http://127.0.0.1:${forwarder.port}`;
      const start = async () => {
        const started = await startTestServer(env);
        forwarder.setTarget(Number(new URL(started.url).port));
        return started;
      };
      let server = await start();

      const { page, context } = await browser.newDevice();
      const other = await browser.newDevice();
      const email = await browser.signUp(page);
      await page.evaluate('navigator.serviceWorker.ready');
      await browser.signIn(other.page, email);
      const firstDay = Date.now() + 2 * dayMs;
      const dayAfter = (days: number) => new Date(firstDay + days * dayMs).toISOString().slice(0, 10);
      for (const task of [
        { title: named('new', 0) },
        { title: named('edited', 0) },
        { title: 'daily', due_date: dayAfter(0), recurrence: 'FREQ=DAILY' },
      ])
        await api(page, 'POST', '/tasks', task);
      const { id } = (await api(page, 'GET', '')) as { id: string };
      const window = await context.newPage();
      const pages = [page, window, other.page];
      for (const one of pages) {
        await one.goto(`${url}/inbox?completed=1`);
        await row(one, 'daily').waitFor();
      }

      /** Of the server itself, whose answers arrive here. */
      const onServer = async (): Promise<Task[]> => {
        const token = await mintToken({ sub: id, iat: Math.floor(Date.now() / 1000) - 5 });
        const tasks: Task[] = [];
        for await (const task of createDuly({ url: server.url, token }).tasks.all()) tasks.push(task);
        return tasks;
      };
      const expected = new Map([
        [named('new', 0), false],
        [named('edited', 0), false],
        ['daily', false],
      ]);
      const wanted = () => sorted([...expected].map(([title, completed]) => ({ title, completed })));
      const dueDate = async () => (await onServer()).find(({ title }) => title === 'daily')?.due_date;

      const write: Record<Action, (round: number) => Promise<void>> = {
        async add(round) {
          await addTask(page, named('new', round));
          expected.set(named('new', round), false);
          await row(page, named('new', round)).waitFor();
        },
        async complete(round) {
          await page
            .getByRole('checkbox', { name: `Complete “${named('new', round - 1)}”` })
            .dispatchEvent('click');
          expected.set(named('new', round - 1), true);
        },
        async repeat() {
          await page.getByRole('checkbox', { name: 'Complete “daily”' }).first().dispatchEvent('click');
        },
        async edit(round) {
          await row(page, named('edited', round - 1))
            .locator('.row-title')
            .click();
          await page.getByRole('textbox', { name: 'Title' }).fill(named('edited', round));
          expected.delete(named('edited', round - 1));
          expected.set(named('edited', round), false);
          await page.getByRole('button', { name: 'Done' }).click();
          await row(page, named('edited', round)).waitFor();
        },
      };

      /** Kills the server with the next write, and starts it again. @returns the end of that, in a function */
      async function prepareKill(moment: Moment): Promise<() => Promise<void>> {
        // A write whose answer is lost holds up those after it: the next one has to be the one that is awaited.
        await saved(page);
        const before = JSON.stringify(await onServer());
        if (moment === 'stored') forwarder.loseAnswers();
        const sent = context.waitForEvent('request', (one) => isWrite(one.method(), one.url()));
        const kill = async () => {
          await sent;
          if (moment === 'stored')
            await expect.poll(async () => JSON.stringify(await onServer()), patience).not.toBe(before);
          server.child.kill('SIGKILL');
          await server.ended;
          server = await start();
        };
        const killed = kill();
        return () => killed;
      }

      for (let round = 1; round <= kills; round += 1) {
        // The first one is of a new task, which is doubled most easily.
        const moment = round === 1 ? 'stored' : random.pick(['sent', 'stored'] as const);
        const at = round === 1 ? 'add' : random.pick(actions);
        const about = `kill ${round}, ${moment}, ${at}`;
        let killed = async () => {};
        for (const action of actions) {
          if (action === at) killed = await prepareKill(moment);
          await write[action](round);
        }
        await killed();
        for (const one of pages) await saved(one);
        await expect
          .poll(async () => sorted(await onServer()), { ...patience, message: about })
          .toEqual(wanted());
        await expect.poll(dueDate, { ...patience, message: about }).toBe(dayAfter(round));
        for (const one of pages) {
          await expect
            .poll(async () => sorted(await shownTasks(one)), { ...patience, message: about })
            .toEqual(wanted());
          const errors = one.locator('.banner, .toast-error, .form-error:visible');
          expect(await errors.allTextContents(), about).toEqual([]);
        }
      }
      for (const device of [context, other.context]) await device.close();
    },
    isLong ? 900_000 : 240_000,
  );
});
