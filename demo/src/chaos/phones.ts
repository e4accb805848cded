import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDuly, DulyError, type Task } from '../../../client/src/index.ts';
import { memoryStore, type Offline, openOffline } from '../../../client/src/offline/index.ts';
import { openLossyProxy } from '../../../client/test/support/lossy-proxy.ts';
import { type Random, seeded } from '../../../server/test/support/random.ts';

/** What a phone wrote last of one of its tasks. */
export type Written = Pick<Task, 'title' | 'description' | 'completed'>;

export interface Phone {
  /** The server has acknowledged these, by title. */
  acknowledged: Map<string, Written>;
  /** How many messages its network lost. */
  lostMessages(): number;
  /** How many writes the server has not answered yet. */
  pending(): number;
  /** Rejects when the client fails in another way than by its network. */
  running: Promise<void>;
  /** Ends its work, and exchanges until everything that it wrote is acknowledged. */
  push(): Promise<void>;
  /** Reads what others wrote, and ends. @returns what its mirror has */
  finish(): Promise<readonly Task[]>;
}

const [pauseMs, retryMs] = [120, 100];
/** The phones wait for no back-off: their network is bad all the time. */
const retry = { attempts: 2, firstWaitMs: 5, maxWaitMs: 50 };

/** A phone with the offline client, whose network loses every third message in both directions. */
export async function startPhone(
  url: string,
  { token, userId }: { token: string; userId: string },
  name: string,
  seed: number,
): Promise<Phone> {
  const random = seeded(seed);
  const proxy = await openLossyProxy(url);
  const duly = createDuly({ url: proxy.url, token, userId, retry, timeoutMs: 10_000 });
  const store = memoryStore();
  let offline = await openOffline({ duly, store });
  const acknowledged = new Map<string, Written>();
  /** By temporary id, as the user of the phone sees it. */
  const own = new Map<string, Written>();
  let isOver = false;

  /** @returns whether everything was exchanged */
  async function sync(): Promise<boolean> {
    const sent = structuredClone([...own.values()]);
    try {
      await offline.sync();
      for (const written of sent) acknowledged.set(written.title, written);
      return true;
    } catch (error) {
      if (!(error instanceof DulyError) || (error.status !== 0 && error.status < 500)) throw error;
      // The app is closed, and opened again: only its store stays.
      if (random.chance(0.2)) {
        await offline.close();
        offline = await openOffline({ duly, store });
      }
      return false;
    }
  }

  const running = (async () => {
    while (!isOver) {
      await workOffline(offline, own, name, random);
      await sync();
      await sleep(pauseMs);
    }
  })();
  return {
    acknowledged,
    lostMessages: proxy.lost,
    pending: () => offline.pending(),
    running,
    async push() {
      isOver = true;
      await running;
      const isAcknowledged = () =>
        [...own.values()].every((each) => isSame(acknowledged.get(each.title), each));
      while (!((await sync()) && isAcknowledged())) await sleep(retryMs);
    },
    async finish() {
      while (!(await sync())) await sleep(retryMs);
      const tasks = offline.tasks.all();
      await offline.close();
      proxy.close();
      return tasks;
    },
  };
}

/** One new task, or a change of one that this phone made. */
async function workOffline(
  offline: Offline,
  own: Map<string, Written>,
  name: string,
  random: Random,
): Promise<void> {
  const [id, before] = random.chance(0.5) && own.size > 0 ? random.pick([...own]) : [undefined, undefined];
  if (id === undefined || before === undefined) {
    const title = `${name} ${randomUUID()}`;
    own.set(await offline.tasks.create({ title }), { title, description: null, completed: false });
  } else if (random.chance(0.3)) {
    own.set(id, { ...before, completed: !before.completed });
    await offline.tasks.complete(id, !before.completed);
  } else {
    const description = `edit ${random.below(1_000_000)}`;
    own.set(id, { ...before, description });
    await offline.tasks.update(id, { description });
  }
}

export const isSame = (one: Written | undefined, other: Written): boolean =>
  one !== undefined && one.description === other.description && one.completed === other.completed;
