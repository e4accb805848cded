import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPostmaster } from '../../../server/src/db/postgres/postmaster.ts';
import { killPostmaster, postmasterPid } from '../../../server/test/support/postmaster.ts';
import { freePort, waitUntil } from '../../../server/test/support/waiting.ts';
import { type Service, startService, untilReady } from '../service.ts';

export interface VictimService {
  url: string;
  /** Starts it, unless it runs. @returns false if it cannot be started */
  start(): Promise<boolean>;
  killServer(): Promise<void>;
  /** Resolves once the server has started another database process. */
  killDatabase(): Promise<void>;
  /** Kills both at one instant. */
  killBoth(): Promise<void>;
  /** Ends server and database, and removes their directory. */
  remove(): Promise<void>;
}

/** A server with an embedded database in a directory of its own, which can be killed and started again. */
export async function createVictim(): Promise<VictimService> {
  const directory = mkdtempSync(join(tmpdir(), 'duly-chaos-'));
  // As root, the database runs under another account, which must traverse this directory.
  chmodSync(directory, 0o755);
  const dataDir = join(directory, 'data');
  const cluster = join(dataDir, 'postgres');
  const port = await freePort();
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  const env = {
    ...{ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE },
    ...{ HOST: '127.0.0.1', PORT: String(port), DATA_DIR: dataDir, BETTER_AUTH_SECRET: randomUUID() },
    ...{ RATE_LIMIT_PER_USER: 'off', RATE_LIMIT_PER_IP: 'off', RATE_LIMIT_AUTH: 'off', LOG_LEVEL: 'silent' },
  };
  const url = `http://127.0.0.1:${port}`;
  let service: Service | undefined;
  let isRemoved = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    service?.child.kill(signal);
    await service?.ended;
    service = undefined;
  }

  return {
    url,
    async start() {
      if (isRemoved) return false;
      service ??= startService(env);
      return untilReady(service, url);
    },
    killServer: () => end('SIGKILL'),
    async killDatabase() {
      const before = postmasterPid(cluster);
      killPostmaster(cluster);
      await waitUntil(() => ![before, undefined].includes(postmasterPid(cluster)));
    },
    killBoth() {
      killPostmaster(cluster);
      return end('SIGKILL');
    },
    async remove() {
      isRemoved = true;
      await end('SIGTERM');
      if (existsSync(cluster)) {
        const real = realpathSync(cluster);
        const pid = postmasterPid(real);
        // A killed server leaves its database running.
        if (pid !== undefined && isPostmaster(pid, real)) {
          killPostmaster(real, 'SIGQUIT');
          await waitUntil(() => !isPostmaster(pid, real));
        }
        rmSync(real, { recursive: true });
      }
      rmSync(directory, { recursive: true });
    },
  };
}
