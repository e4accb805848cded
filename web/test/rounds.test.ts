import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildBinary, logIn, type Machine, newMachine } from '../../cli/test/support/duly.ts';
import { mintToken } from '../../server/test/support/app.ts';
import { isLong } from '../../server/test/support/long-tests.ts';
import { patience } from '../../server/test/support/patience.ts';
import { seeded } from '../../server/test/support/random.ts';
import {
  type Changes,
  comeBack,
  decideAll,
  type Fields,
  keyOf,
  shownTasks,
  someChanges,
  tasksOf,
} from './support/rounds.ts';
import { addTask, api, hasBrowser, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: rounds of the web app, for want of Chromium in /usr/bin');

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1_000_000);
const rounds = isLong ? 20 : 2;

/** One of those who edit the same tasks. */
interface Side {
  goOffline(): Promise<void>;
  change(key: string, change: Changes extends Map<string, infer C> ? C : never): Promise<void>;
  add(title: string): Promise<void>;
  /** Exchanges everything. @returns the conflicts that it showed, and whether it showed a refusal */
  comeBack(keepsMine: (conflict: string) => boolean): Promise<{ conflicts: string[]; isRefused: boolean }>;
  shown(): Promise<Fields[]>;
}

function browserSide(page: Page): Side {
  return {
    async goOffline() {
      await page.context().setOffline(true);
      await page.getByText('Offline').first().waitFor();
    },
    async change(key, change) {
      const title = row(page, `${key} `).locator('.row-title');
      if (change === 'deleted') {
        await title.focus();
        await page.keyboard.press('Delete');
        await row(page, `${key} `).waitFor({ state: 'detached' });
        return;
      }
      await title.click();
      if (change.title !== undefined) await page.getByRole('textbox', { name: 'Title' }).fill(change.title);
      if (change.description !== undefined)
        await page.getByRole('textbox', { name: 'Notes' }).fill(change.description ?? '');
      if (change.priority !== undefined) {
        await page.getByRole('button', { name: /^Priority:/ }).click();
        await page.getByRole('menuitemradio', { name: change.priority }).click();
      }
      await page.getByRole('button', { name: 'Done' }).click();
      await title.waitFor();
    },
    async add(title) {
      await addTask(page, title);
      await row(page, title).waitFor();
    },
    async comeBack(keepsMine) {
      // A minute without a network, in which the page tries again and again.
      await page.clock.fastForward('01:00');
      await page.context().setOffline(false);
      const conflicts = await decideAll(page, keepsMine);
      const refusal = page.locator('.banner').filter({ hasText: 'The server refused' });
      const isRefused = await refusal.isVisible();
      if (isRefused) await refusal.getByRole('button', { name: 'Close' }).click();
      return { conflicts, isRefused };
    },
    shown: () => shownTasks(page),
  };
}

function commandSide(machine: Machine): Side {
  const list = async (...options: string[]) =>
    JSON.parse(await machine.succeed('list', '--json', '--limit', '100', ...options)) as (Fields & {
      number: number;
    })[];
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const { code, stderr } = await machine.run([...args, '--offline'], { env });
    expect([code, stderr], args.join(' ')).toEqual([0, expect.not.stringContaining('onflict')]);
  };
  return {
    goOffline: async () => undefined,
    async change(key, change) {
      const stored = JSON.parse(
        (await machine.run(['list', '--json', '--limit', '100', '--offline'])).stdout,
      );
      const { number } =
        (stored as (Fields & { number: number })[]).find(({ title }) => keyOf(title) === key) ?? {};
      if (change === 'deleted') return run(['rm', String(number)]);
      const lines = [
        ...(change.title === undefined ? [] : [`s/^title: .*/title: ${change.title}/`]),
        ...(change.priority === undefined ? [] : [`s/^priority: .*/priority: ${change.priority}/`]),
      ];
      const EDITOR = `sed -i ${lines.map((line) => `-e '${line}'`).join(' ')}`;
      return run(['edit', String(number)], { EDITOR });
    },
    add: (title) => run(['add', title]),
    async comeBack() {
      const { stderr } = await machine.run(['sync']);
      let key = '';
      const conflicts: string[] = [];
      for (const line of stderr.split('\n')) {
        key = /^Conflict: the task "(\S+)/.exec(line)?.[1] ?? key;
        const [, field] = /^ {2}(\w+): kept "/.exec(line) ?? [];
        if (field !== undefined) conflicts.push(`${key} ${field}`);
        if (line.endsWith(', and is deleted')) conflicts.push(`${key} deleted`);
      }
      return { conflicts, isRefused: stderr.includes('Refused and undone') };
    },
    async shown() {
      await machine.succeed('sync');
      return list();
    },
  };
}

const sorted = (tasks: Iterable<Fields>) =>
  [...tasks].map(({ title, description, priority }) => [title, description, priority].join(' | ')).sort();

describe.skipIf(!hasBrowser)('two browsers and the command line', () => {
  const web = useWebApp();
  let binary: string;
  beforeAll(async () => {
    binary = await buildBinary();
  });

  test(
    `that edit the same tasks offline lose and double nothing in ${rounds} rounds, and the later side decides each conflict (seed ${seed})`,
    async () => {
      const random = seeded(seed);
      const devices = [await web().newDevice(), await web().newDevice()] as const;
      for (const { context } of devices) await context.clock.install();
      const [{ page }] = devices;
      const email = await web().signUp(page);
      await web().signIn(devices[1].page, email);
      const machine = await newMachine(binary);
      expect(await logIn(machine, web().app.url, email)).toMatchObject({ code: 0 });
      for (const device of devices) await device.page.getByRole('link', { name: 'Inbox' }).first().click();
      for (let index = 0; index < 4; index += 1) await addTask(page, `t${index} first`);
      await row(page, 't3 first').waitFor();
      await saved(page);
      const sides = [...devices.map((device) => browserSide(device.page)), commandSide(machine)];
      const { id } = (await api(page, 'GET', '')) as { id: string };
      // Not by a page, which may be offline.
      const onServer = async (): Promise<Fields[]> => {
        const token = await mintToken({ sub: id, iat: Math.floor(Date.now() / 1000) - 5 });
        const tasks = `/api/v1/users/${id}/tasks?limit=100`;
        return (await web().app.request('GET', tasks, { token })).body.data;
      };

      for (let round = 0; round < rounds; round += 1) {
        const base = tasksOf(await onServer());
        for (const side of sides)
          await expect.poll(async () => sorted(await side.shown()), patience).toEqual(sorted(base.values()));
        const work = sides.map((side, index) => {
          const changes = someChanges(random, base, { delete: round % 2 === 1, describe: index < 2 });
          const title = `n${round}.${index} new`;
          if (random.chance(base.size < 8 ? 0.7 : 0)) changes.set(keyOf(title), { title });
          return { side, changes };
        });
        for (const { side } of work) await side.goOffline();
        for (const { side, changes } of work)
          for (const [key, change] of changes) {
            const isNew = !base.has(key);
            if (isNew && change !== 'deleted') await side.add(change.title ?? key);
            else await side.change(key, change);
          }

        const server = new Map(base);
        const order = random.chance(0.5) ? work : work.toReversed();
        for (const { side, changes } of order) {
          // The command line keeps its own values, and says so.
          const choice = new Map<string, boolean>();
          const keepsMine = (conflict: string) => {
            const known = choice.get(conflict) ?? (side === sides[2] || random.chance(0.5));
            choice.set(conflict, known);
            return known;
          };
          const { conflicts, refused } = comeBack(base, server, changes, keepsMine);
          const seen = await side.comeBack(keepsMine);
          expect(seen.conflicts.sort(), `round ${round}`).toEqual(conflicts.sort());
          expect(seen.isRefused, `round ${round}`).toBe(refused.length > 0);
          expect(sorted(await onServer()), `round ${round}`).toEqual(sorted(server.values()));
        }
        for (const { side } of work)
          await expect
            .poll(async () => sorted(await side.shown()), patience)
            .toEqual(sorted(server.values()));
        for (const device of devices)
          expect(await device.page.getByRole('button', { name: 'Compare and decide' }).count()).toBe(0);
      }
      for (const { context } of devices) await context.close();
    },
    isLong ? 1_200_000 : 240_000,
  );
});
