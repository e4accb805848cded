import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createHostSelector, type DatabaseConnection } from './hosts.ts';
import type { Database, Db } from './schema.ts';
import { typeParsers } from './types.ts';

const closeMs = 2_000;

/** One connection for the driver and for Kysely: COPY and our queries run in one transaction. */
export interface SingleConnection {
  client: pg.Client;
  db: Db;
  close(): Promise<void>;
}

/** @param name its `application_name` */
export async function openSingleConnection(
  connection: DatabaseConnection,
  name: string,
): Promise<SingleConnection> {
  const config = await createHostSelector(connection).select();
  const client = new pg.Client({ ...config, types: typeParsers, application_name: name, keepAlive: true });
  // Without a listener a lost connection ends the process. The statement that it interrupts reports it.
  client.on('error', () => undefined);
  await client.connect();
  const query = (text: string, values: readonly unknown[]) => client.query(text, [...values]);
  const pooled = Object.create(client, { query: { value: query }, release: { value: () => undefined } });
  const pool = { options: {}, connect: async () => pooled, end: async () => undefined };
  return {
    client,
    db: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }),
    // The server does not end while it waits for a reader of COPY.
    close: () => Promise.race([client.end(), sleep(closeMs, undefined, { ref: false })]),
  };
}
