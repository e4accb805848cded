import { type FoundTask, type ImportFormat, nothingElse, type ReadOptions } from '../../src/import/model.ts';

/** A Saturday. */
export const importOptions: ReadOptions = { fileName: '', timeZone: 'Europe/Berlin', today: '2026-11-28' };

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');

type Shown = Partial<Omit<FoundTask, 'key' | 'parentKey'>> & { parent?: string };

/** What a task has besides what every task has; its parent by the title. */
function shownOf(task: FoundTask, titles: ReadonlyMap<string, string>): Shown {
  const entries = Object.entries(task).filter(
    ([name, value]) =>
      name !== 'key' &&
      name !== 'parentKey' &&
      JSON.stringify(value) !==
        JSON.stringify(Object.entries(nothingElse).find(([other]) => other === name)?.[1]),
  );
  const parent = task.parentKey === null ? {} : { parent: titles.get(task.parentKey) ?? 'none' };
  return { ...Object.fromEntries(entries), ...parent };
}

/** What a format finds in a text, and its notes as `place, kind: reason`. */
export function readSample(format: ImportFormat, file: string | Buffer, options: Partial<ReadOptions> = {}) {
  const buffer = typeof file === 'string' ? bytesOf(file) : file;
  const { tasks, notes } = format.read(buffer, { ...importOptions, ...options });
  const titles = new Map(tasks.map(({ key, title }) => [key, title]));
  return {
    tasks: tasks.map((task) => shownOf(task, titles)),
    notes: notes.map(({ place, kind, reason }) => `${place}, ${kind}: ${reason}`),
    keys: tasks.map(({ key }) => key),
  };
}
