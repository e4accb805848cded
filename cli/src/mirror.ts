import type { Task } from '../../client/src/index.ts';
import { DulyError } from '../../client/src/index.ts';
import { type Conflict, type Offline, openOffline, type Refusal } from '../../client/src/offline/index.ts';
import { Failure } from './failure.ts';
import { note } from './output/print.ts';
import { describeConflict, describeRefusal } from './output/rejections.ts';
import { createClient } from './session/access-token.ts';
import type { Account } from './session/account.ts';
import { dataDirectory } from './session/paths.ts';
import { fileStore } from './store/file-store.ts';
import { withLock } from './store/lock.ts';
import { type Numbers, readNumbers } from './store/numbers.ts';

/** What is stored of a user: the mirror of the server, the queue of writes, and the numbers of tasks. */
export interface Mirror {
  offline: Offline;
  numbers: Numbers;
  /** The IANA zone of the profile; null until the profile is known. */
  zone: string | null;
  /** Since the mirror was opened: fields changed here and on the server, and writes that the server refused. */
  conflicts: readonly Conflict[];
  refused: readonly Refusal[];
}

/** An exchange without a network ends in seconds; one with many changes may take longer. */
const lockTimeoutMs = 20_000;

/**
 * Runs while no other process has what is stored. Writes made there wait in the queue.
 * @param waitMs how long to wait for another process
 * @throws Busy if it needs longer; Failure
 */
export function withMirror<T>(
  account: Account,
  run: (mirror: Mirror) => T | Promise<T>,
  waitMs = lockTimeoutMs,
): Promise<T> {
  const directory = dataDirectory(account);
  return withLock(directory, waitMs, async () => {
    const conflicts: Conflict[] = [];
    const refused: Refusal[] = [];
    const offline = await openOffline({
      duly: createClient(account),
      store: fileStore(directory),
      onConflict: (conflict) => {
        note(describeConflict(conflict));
        conflicts.push(conflict);
        return 'mine';
      },
      onRefused: (refusal) => {
        process.exitCode = 1;
        note(describeRefusal(refusal, offline.tasks.get(refusal.id)));
        refused.push(refusal);
      },
    });
    try {
      const numbers = await readNumbers(directory, offline);
      const zone = offline.profiles.all()[0]?.time_zone ?? null;
      const result = await run({ offline, numbers, zone, conflicts, refused });
      await numbers.save();
      return result;
    } finally {
      await offline.close();
    }
  });
}

export interface Exchange {
  /** Whether everything is sent and fetched. */
  isDone: boolean;
  /** How many writes are not sent. */
  pending: number;
}

/**
 * Sends what waits, and fetches what is new. Without a network it says so, and how much is not sent.
 * @throws Failure if the user has to log in
 */
export async function exchange({ offline }: Pick<Mirror, 'offline'>): Promise<Exchange> {
  try {
    await offline.sync();
    return { isDone: true, pending: offline.pending() };
  } catch (error) {
    note(`${reasonOf(error)}.${waiting(offline.pending())}`);
    if (error instanceof Failure) throw new Failure('loggedOut', error.message);
    return { isDone: false, pending: offline.pending() };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Failure) return 'Not logged in';
  if (!(error instanceof DulyError)) throw error;
  if (error.code === 'NETWORK_ERROR') return 'Offline: the server cannot be reached';
  if (error.code === 'RATE_LIMITED') return 'The server asks to wait';
  return `The server fails: ${error.detail}`;
}

/** Says what is not sent; empty if nothing is. */
export const waiting = (pending: number): string => {
  if (pending === 0) return '';
  return pending === 1 ? ' 1 change is not sent yet' : ` ${pending} changes are not sent yet`;
};

/** Writes, which are stored first, and then exchanges, unless `isOffline`. */
export async function writeTasks<T>(
  account: Account,
  isOffline: boolean,
  write: (mirror: Mirror) => Promise<T>,
  show: (written: T, mirror: Mirror) => void,
): Promise<void> {
  const written = await withMirror(account, write);
  await withMirror(account, async (mirror) => {
    try {
      if (isOffline) note(`Offline.${waiting(mirror.offline.pending())}`);
      else await exchange(mirror);
    } finally {
      // It is stored, whatever came of the exchange.
      show(written, mirror);
    }
  });
}

/** What a task is called by: an existing number or id. @throws Failure */
export function requireTask({ offline, numbers }: Mirror, word: string): Task {
  const id = /^\d{1,7}$/.test(word) ? numbers.idOf(Number(word)) : word;
  const task = id === undefined ? undefined : offline.tasks.get(id);
  if (task !== undefined) return task;
  throw new Failure('notFound', `There is no task "${word}": TASK is a number that a list shows, or an id`);
}
