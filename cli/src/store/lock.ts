import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Busy } from '../failure.ts';
import { makePrivateDirectory } from '../session/paths.ts';

const prefix = 'lock.';
const released = 'released';
const pollMs = 20;

/** When a process started, in ticks; so that another one with its number is not taken for it. Linux only. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program may have spaces and parentheses.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isHeld(content: string): Promise<boolean> {
  const [pid = '', start = ''] = content.split(' ');
  if (content === released || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it is another user's.
    if (Object(error).code === 'ESRCH') return false;
  }
  return start === (await startOf(Number(pid)));
}

async function generations(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => (/^lock\.\d+$/.test(name) ? Number(name.slice(prefix.length)) : []));
}

/** @returns the generation that this process holds; null if another one holds the lock */
async function tryAcquire(directory: string, own: string): Promise<number | null> {
  const newest = Math.max(0, ...(await generations(directory)));
  const holder = newest > 0 ? await readFile(join(directory, prefix + newest), 'utf8').catch(() => null) : '';
  // Null: a later holder has deleted it.
  if (holder === null || (await isHeld(holder))) return null;
  const mine = newest + 1;
  try {
    await link(own, join(directory, prefix + mine));
  } catch (error) {
    if (Object(error).code === 'EEXIST') return null;
    throw error;
  }
  // The list was old, if a later generation has come and deleted those before.
  const isNewest = (await generations(directory)).every((one) => one <= mine);
  if (isNewest) return mine;
  await rm(join(directory, prefix + mine), { force: true });
  return null;
}

/**
 * Runs a function while no other process runs one with this lock. The owner of the file with the highest generation
 * holds the lock, until the file says `released` or the process has ended. Only older files are deleted, so no two
 * processes make the same generation.
 * @throws Busy if another process has the lock for longer than `timeoutMs`
 */
export async function withLock<T>(directory: string, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  await makePrivateDirectory(directory);
  const own = join(directory, `owner.${process.pid}`);
  // A process of this number may have left one, which may be the same file as its lock.
  await rm(own, { force: true });
  await writeFile(own, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 });
  try {
    const deadline = performance.now() + timeoutMs;
    let mine = await tryAcquire(directory, own);
    while (mine === null) {
      if (performance.now() > deadline) throw new Busy();
      await sleep(pollMs * (0.5 + Math.random()));
      mine = await tryAcquire(directory, own);
    }
    for (const one of await generations(directory))
      if (one < mine) await rm(join(directory, prefix + one), { force: true });
    try {
      return await run();
    } finally {
      // Cut short by a crash it is no process either, so it need be neither durable nor atomic.
      await writeFile(join(directory, prefix + mine), released);
    }
  } finally {
    await rm(own, { force: true });
  }
}
