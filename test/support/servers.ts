import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Server, serve, temporaryDirectory } from './process.ts';

/** What to undo after each test, the newest first. */
export const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

/** A DATA_DIR that does not exist yet. */
export async function dataDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  cleanUp.push(remove);
  return join(path, 'data');
}

/** `serve` until the end of the test, or its own. */
export async function start(env: Record<string, string>, ipc = false): Promise<Server> {
  const server = await serve(env, ipc);
  cleanUp.push(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill('SIGTERM');
    await server.ended;
  });
  return server;
}
