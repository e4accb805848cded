import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnixAccount } from '../platform/unix-account.ts';
import type { Store } from '../stores/store.ts';
import { loadWal, type StoredWal } from './wal-store.ts';

const pollMs = 20;
/** So many segments are decoded ahead of the server, 16 MB each. */
const aheadCount = 3;

/**
 * The server asks its `restore_command` for WAL, under an account that may not reach the archive or its key. The
 * script leaves a request in a directory, and this process answers with the decoded file. It gives up when this process
 * has ended; codes above 125 end the recovery.
 */
const script = `#!/bin/sh
cd "$1" || exit 200
: > "$2.wanted"
while ! test -e "$2.ready"; do
  if test -e "$2.none"; then exit 1; fi
  if ! test -d "/proc/$4" && ! ps -p "$4" > /dev/null 2>&1; then exit 201; fi
  sleep 0.03
done
mv "$2.ready" "$3"
`;

export interface WalSupply {
  /** The value of `restore_command`. */
  command: string;
  /** Why a file could not be decoded; null if all could. */
  failure(): unknown;
  close(): Promise<void>;
}

/** Answers requests for WAL until `close`. @param directory a new one, which the server's account can traverse */
export function supplyWal(
  target: Store,
  wal: ReadonlyMap<string, StoredWal>,
  directory: string,
  account: UnixAccount | undefined,
  identities: readonly string[],
): WalSupply {
  mkdirSync(directory, { mode: 0o700 });
  const scriptPath = join(directory, 'restore.sh');
  writeFileSync(scriptPath, script, { mode: 0o500 });
  if (account !== undefined)
    for (const path of [directory, scriptPath]) chownSync(path, account.uid, account.gid);
  const names = [...wal.keys()].filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
  const prefetched = new Set<string>();
  let failure: unknown = null;
  let isClosed = false;

  async function provide(name: string): Promise<void> {
    prefetched.add(name);
    const [path, stored] = [join(directory, name), wal.get(name)];
    if (existsSync(`${path}.ready`) || existsSync(`${path}.none`)) return;
    if (stored === undefined) {
      writeFileSync(`${path}.none`, '');
      return;
    }
    writeFileSync(`${path}.new`, await loadWal(target, stored, identities), { mode: 0o600 });
    if (account !== undefined) chownSync(`${path}.new`, account.uid, account.gid);
    renameSync(`${path}.new`, `${path}.ready`);
  }

  async function answerRequests(): Promise<void> {
    for (const file of readdirSync(directory)) {
      const name = /^(.+)\.wanted$/.exec(file)?.[1];
      if (name === undefined) continue;
      rmSync(join(directory, file));
      await provide(name);
      const at = names.indexOf(name);
      if (at < 0) continue;
      for (const next of names.slice(at + 1, at + 1 + aheadCount))
        if (!prefetched.has(next)) await provide(next);
    }
  }

  async function run(): Promise<void> {
    while (!isClosed && failure === null) {
      await answerRequests().catch((error: unknown) => {
        failure = error;
      });
      await sleep(pollMs);
    }
  }

  const running = run();
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
  return {
    command: `/bin/sh ${quoted(scriptPath)} ${quoted(directory)} %f "$PWD/%p" ${process.pid}`,
    failure: () => failure,
    async close() {
      isClosed = true;
      await running;
    },
  };
}
