import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from './patience.ts';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The status of a GET; 0 if there is no response. */
export const responseStatus = (url: string): Promise<number> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );

/** Polls until `check` is true. @throws Error after `patience` */
export async function waitUntil(check: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + patience.timeout;
  while (!(await check())) {
    if (performance.now() > deadline)
      throw new Error(`it did not come about in ${patience.timeout / 1_000} s`);
    await sleep(patience.interval);
  }
}
