import type { Page } from 'playwright-core';
import type { Random } from '../../../server/test/support/random.ts';

/** What a round compares of a task. Its title begins with a word that no side changes. */
export interface Fields {
  title: string;
  description: string | null;
  priority: 'High' | 'Medium' | 'Low';
}

export const fieldNames = ['title', 'description', 'priority'] as const;
export type Change = Partial<Fields> | 'deleted';

/** By the first word of the title. */
export type Tasks = Map<string, Fields>;
export type Changes = Map<string, Change>;

export const keyOf = (title: string): string => title.split(' ')[0] ?? '';

export const tasksOf = (list: readonly Fields[]): Tasks =>
  new Map(
    list.map(({ title, description, priority }) => [keyOf(title), { title, description, priority }] as const),
  );

const words = ['green', 'blue', 'red'];

/** Few values, so that two sides often change a field, and sometimes to the same. */
export function someChanges(
  random: Random,
  tasks: Tasks,
  may: { delete: boolean; describe: boolean },
): Changes {
  const changes: Changes = new Map();
  for (const [key, task] of tasks) {
    if (random.chance(0.4)) continue;
    if (may.delete && random.chance(0.2)) {
      changes.set(key, 'deleted');
      continue;
    }
    const other = <T>(all: readonly T[], now: T): T => random.pick(all.filter((one) => one !== now));
    const titles = words.map((word) => `${key} ${word}`);
    const all: Fields = {
      title: other(titles, task.title),
      description: other(words, task.description ?? ''),
      priority: other(['High', 'Medium', 'Low'] as const, task.priority),
    };
    const names = random.some(may.describe ? fieldNames : (['title', 'priority'] as const), 0.6);
    if (names.length > 0) changes.set(key, Object.fromEntries(names.map((name) => [name, all[name]])));
  }
  return changes;
}

export interface Outcome {
  /** `key field` of what both have changed to different values; `key deleted`. */
  conflicts: string[];
  /** Keys of tasks that were deleted elsewhere, so that a change of them is refused. */
  refused: string[];
}

/** What comes of the changes of a side that comes back, to what the server has by then. Changes `server`. */
export function comeBack(
  base: Tasks,
  server: Tasks,
  changes: Changes,
  keepsMine: (conflict: string) => boolean,
): Outcome {
  const outcome: Outcome = { conflicts: [], refused: [] };
  for (const [key, change] of changes) {
    const before = base.get(key);
    const theirs = server.get(key);
    if (before === undefined) {
      if (change !== 'deleted')
        server.set(key, { title: key, description: null, priority: 'Medium', ...change });
      continue;
    }
    if (theirs === undefined) {
      if (change !== 'deleted') outcome.refused.push(key);
      continue;
    }
    const changed = fieldNames.filter((name) => theirs[name] !== before[name]);
    if (change === 'deleted') {
      if (changed.length > 0) outcome.conflicts.push(`${key} deleted`);
      if (changed.length === 0 || keepsMine(`${key} deleted`)) server.delete(key);
      continue;
    }
    const conflicts = changed.filter((name) => change[name] !== undefined && change[name] !== theirs[name]);
    outcome.conflicts.push(...conflicts.map((name) => `${key} ${name}`));
    const lost = conflicts.filter((name) => !keepsMine(`${key} ${name}`));
    const kept = Object.fromEntries(
      Object.entries(change).filter(([name]) => !lost.some((one) => one === name)),
    );
    server.set(key, { ...theirs, ...kept });
  }
  return outcome;
}

const names: Record<string, string> = { Title: 'title', Notes: 'description', Priority: 'priority' };

/**
 * Decides every conflict that the page shows, until everything is saved.
 * @returns the conflicts, in the words of `Outcome`
 */
export async function decideAll(page: Page, keepsMine: (conflict: string) => boolean): Promise<string[]> {
  const shown: string[] = [];
  const ask = page.getByRole('button', { name: 'Compare and decide' });
  for (;;) {
    await ask.or(page.getByText('Everything is saved')).first().waitFor();
    if (!(await ask.isVisible())) return shown;
    await ask.click();
    const dialog = page.getByRole('dialog', { name: 'Two versions' });
    const key =
      /“(\S+)/.exec((await dialog.getByRole('heading', { level: 2 }).textContent()) ?? '')?.[1] ?? '';
    const headings = await dialog.getByRole('heading', { level: 3 }).allTextContents();
    const parts = headings.length === 0 ? ['deleted'] : headings.map((text) => names[text] ?? text);
    for (const [index, part] of parts.entries()) {
      const side = dialog.locator('.sides').nth(index);
      await side
        .getByRole('radio', { name: keepsMine(`${key} ${part}`) ? /This device/ : /Elsewhere/ })
        .check({ force: true });
    }
    shown.push(...parts.map((part) => `${key} ${part}`));
    await dialog.getByRole('button', { name: 'Keep the chosen' }).click();
    await dialog.waitFor({ state: 'detached' });
  }
}

/** The tasks of the list that the page shows. */
export async function shownTasks(page: Page): Promise<Fields[]> {
  const rows = await page.evaluate(`[...document.querySelectorAll('[data-row]')].map((row) => ({
    title: row.querySelector('.row-text')?.textContent,
    description: row.querySelector('.row-note')?.textContent ?? null,
    priority: row.querySelector('.check')?.dataset.priority,
  }))`);
  return rows as Fields[];
}
