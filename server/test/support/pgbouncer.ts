import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterFile } from './clean-up.ts';
import { type TestDatabase, urlOf } from './database.ts';
import { freePort, temporaryDirectory, waitUntil } from './process.ts';

const binary = '/usr/sbin/pgbouncer';

export function hasPgBouncer(what: string): boolean {
  const isThere = existsSync(binary);
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binary}`);
  return isThere;
}

/** PgBouncer in transaction mode on a test database, until the end of the file. @returns its URL */
export async function startPgBouncer({ connection }: TestDatabase): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  const port = await freePort();
  // It refuses to run as root, and must access the database's socket.
  const { uid, gid } = statSync(connection.host);
  const settings = `[databases]
* = host=${connection.host} port=${connection.port} user=${connection.user} password='${connection.password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
`;
  const file = join(path, 'pgbouncer.ini');
  await writeFile(file, settings);
  if (process.getuid?.() === 0) await Promise.all([path, file].map((one) => chown(one, uid, gid)));
  const child = spawn(binary, [file], { uid, gid, cwd: path, stdio: 'ignore' });
  afterFile.push(async () => {
    child.kill('SIGINT');
    await once(child, 'exit');
    await remove();
  });
  const url = urlOf({ ...connection, host: '127.0.0.1', port });
  await waitUntil(() => answers(url));
  return url;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
