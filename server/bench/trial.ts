/** A database with users, the server under test, and a measurement on them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchDatabase, openBenchDatabase } from './database.ts';
import { runLoad } from './load.ts';
import type { Result } from './report.ts';
import { type ActiveUser, operations, type Requests } from './requests.ts';
import type { Size } from './seed.ts';
import { mintToken, type Server, startServer, usageOf } from './server.ts';

export interface Trial {
  database: BenchDatabase;
  users: readonly ActiveUser[];
  /** Settings of every server. */
  env: Record<string, string>;
  server: Server;
  requests: ReturnType<typeof operations>;
  /** Reads every list once: fills the response cache and updates the ETags. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface TrialOptions {
  dataDir: string | null;
  size: Size;
  /** How many users send requests. */
  activeUsers: number;
  env: Record<string, string>;
}

export async function openTrial({ dataDir, size, activeUsers, env }: TrialOptions): Promise<Trial> {
  const database = await openBenchDatabase(dataDir, size);
  const users = await database.findActiveUsers(Math.min(activeUsers, size.users));
  const settings = { ...env, DATABASE_URL: database.url };
  const server = await startServer(settings);
  const trial: Trial = {
    database,
    users,
    env: settings,
    server,
    requests: operations(users, await etagsOf(server, users)),
    async refresh() {
      trial.requests = operations(users, await etagsOf(server, users));
    },
    async close() {
      await server.stop();
      await database.close();
    },
  };
  return trial;
}

/** The current ETag of each user's list. */
async function etagsOf({ port }: Server, users: readonly ActiveUser[]): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  for (const { id } of users) {
    const headers = { authorization: `Bearer ${mintToken(id)}` };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/users/${id}/tasks`, { headers });
    await response.arrayBuffer();
    etags.set(id, response.headers.get('etag') ?? '');
  }
  return etags;
}

export interface Measurement {
  name: string;
  next: Requests;
  connections: number;
  seconds: number;
  /** Requests per second; without it each connection sends its next request after the response. */
  rate?: number;
}

const warmUpShare = 0.25;

/** One measurement, after a warm-up of a quarter of its length. */
export async function measure(
  { database }: Trial,
  server: Server,
  measurement: Measurement,
): Promise<Result> {
  const { name, next, connections, seconds, rate = null } = measurement;
  const isGood = (status: number) => status === 304 || (status >= 200 && status < 300);
  const load = { port: server.port, connections, rate, next, isGood };
  await runLoad({ ...load, durationMs: seconds * 1_000 * warmUpShare });
  const before = usageOf(server.pid);
  const databaseBefore = database.cpuMs();
  const counting = sleep(seconds * 500).then(() => database.countConnections());
  const { statuses, seconds: _, ...measured } = await runLoad({ ...load, durationMs: seconds * 1_000 });
  const after = usageOf(server.pid);
  const cpuMs = after !== null && before !== null ? after.cpuMs - before.cpuMs : null;
  const databaseAfter = database.cpuMs();
  const databaseMs =
    databaseAfter !== null && databaseBefore !== null ? databaseAfter - databaseBefore : null;
  if (measured.errors > 0) console.log(`${name}: ${JSON.stringify(statuses)}`);
  return {
    ...measured,
    name,
    connections,
    rate,
    cpuMicrosPerRequest: cpuMs === null ? null : (cpuMs * 1_000) / measured.requests,
    databaseMicrosPerRequest: databaseMs === null ? null : (databaseMs * 1_000) / measured.requests,
    rssMb: after?.rssMb ?? null,
    databaseConnections: await counting,
  };
}
