import { join } from 'node:path';
import { afterTest } from './clean-up.ts';
import { createDatabase, urlOf } from './database.ts';
import { type Server, serve, temporaryDirectory } from './process.ts';

/** A DATA_DIR that does not exist yet. */
export async function dataDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  return join(path, 'data');
}

/** The URL of a migrated database of its own on the test server. */
export async function migratedDatabase(): Promise<string> {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  return urlOf(database.connection);
}

/** `serve` until the end of the test, or its own. */
export async function start(env: Record<string, string>, ipc = false): Promise<Server> {
  const server = await serve(env, ipc);
  afterTest.push(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill('SIGTERM');
    await server.ended;
  });
  return server;
}
