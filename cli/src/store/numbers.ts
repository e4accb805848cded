import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offline } from '../../../client/src/offline/index.ts';
import { writePrivateFile } from '../session/paths.ts';

/** Short numbers of tasks, which stay as long as the tasks are pending. */
export interface Numbers {
  /** Gives the task a number, if it has none. */
  of(id: string): number;
  /** Undefined: no task has it. */
  idOf(number: number): string | undefined;
  /** Stores what is new. */
  save(): Promise<void>;
}

/** For so long the number of a completed or deleted task is no other task's, so that `undo` means what was seen. */
const keptMs = 24 * 3_600_000;

interface Entry {
  number: number;
  id: string;
  /** When the task was first seen to be completed or gone. */
  endedAt?: number;
}

function parse(text: string): Entry[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Under the lock of the directory. */
export async function readNumbers(directory: string, offline: Offline): Promise<Numbers> {
  const path = join(directory, 'numbers.json');
  const stored = await readFile(path, 'utf8').catch(() => '[]');
  const byId = new Map<string, Entry>();
  const byNumber = new Map<number, Entry>();
  let next = 1;

  function add(entry: Entry): void {
    byId.set(entry.id, entry);
    byNumber.set(entry.number, entry);
  }

  function current({ number, id, endedAt }: Entry): Entry | null {
    const task = offline.tasks.get(id);
    if (task !== undefined && !task.completed) return { number, id: task.id };
    const since = endedAt ?? Date.now();
    return Date.now() - since > keptMs ? null : { number, id: task?.id ?? id, endedAt: since };
  }

  for (const entry of parse(stored)) {
    const kept = current(entry);
    if (kept !== null) add(kept);
  }

  /** A task that was created offline gets its real id when it is sent. */
  function replaceTemporaryIds(): void {
    for (const entry of [...byId.values()]) {
      const id = offline.tasks.get(entry.id)?.id ?? entry.id;
      if (id === entry.id) continue;
      byId.delete(entry.id);
      add({ ...entry, id });
    }
  }

  return {
    of(given) {
      const id = offline.tasks.get(given)?.id ?? given;
      if (!byId.has(id)) replaceTemporaryIds();
      const known = byId.get(id);
      if (known !== undefined) return known.number;
      while (byNumber.has(next)) next += 1;
      add({ number: next, id });
      return next;
    },
    idOf: (number) => byNumber.get(number)?.id,
    async save() {
      replaceTemporaryIds();
      const text = JSON.stringify([...byId.values()]);
      if (text !== stored) await writePrivateFile(path, text);
    },
  };
}
