import { join } from 'node:path';
import { afterTest } from './clean-up.ts';
import { createDatabase, urlOf } from './database.ts';
import { type Server, startServer, temporaryDirectory } from './process.ts';

/** A DATA_DIR that does not exist yet. */
export async function newDataDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  afterTest.push(remove);
  return join(path, 'data');
}

/** URL of a new migrated database on the test server. */
export async function createMigratedDatabase(): Promise<string> {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  return urlOf(database.connection);
}

/** `serve` until the end of the test, or until it ends itself. */
export async function startTestServer(env: Record<string, string>, ipc = false): Promise<Server> {
  const server = await startServer(env, ipc);
  afterTest.push(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill('SIGTERM');
    await server.ended;
  });
  return server;
}
