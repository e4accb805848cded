import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { launchProxy } from './proxy.ts';
import { root } from './sources.ts';

const binary = '/usr/sbin/haproxy';

export function hasHaproxy(what: string): boolean {
  const isThere = existsSync(binary);
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binary}`);
  return isThere;
}

/** HAProxy as `deploy/haproxy` has it, before two local ports, until the end of the file. */
export const startHaproxy = (socket: string, blue: number, green: number): Promise<string> =>
  launchProxy(async (_directory, port) => [
    '/usr/bin/env',
    `DULY_HAPROXY_SOCKET=${socket}`,
    `DULY_HAPROXY_BIND=127.0.0.1:${port}`,
    `DULY_BLUE=127.0.0.1:${blue}`,
    `DULY_GREEN=127.0.0.1:${green}`,
    ...[binary, '-f', join(root, 'deploy/haproxy/haproxy.cfg')],
  ]);
