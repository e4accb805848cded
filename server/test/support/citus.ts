import { readFileSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';

const script = readFileSync(new URL('../../../scripts/citus.sql', import.meta.url), 'utf8');
/** Each is a transaction of its own, as psql executes them. */
const statements =
  script.replaceAll(/^--.*\n/gm, '').match(/\s*(create (?:or replace )?function.*?\$\$;|.*?;)\n/gs) ?? [];

async function onNode(
  node: { host: string; port: number },
  database: string,
  texts: string[],
): Promise<void> {
  const client = new pg.Client({ ...inject('admin'), ...node, database });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

/** Makes the coordinator's new, empty database one of the cluster: docs/distribution.md has the same steps. */
export async function joinWorkers(database: string): Promise<void> {
  const { host, port } = inject('admin');
  const workers = inject('workers');
  const extension = 'create extension citus';
  await oneAtATime(async () => {
    await Promise.all(
      workers.map(async (worker) => {
        await onNode(worker, 'postgres', [`create database ${database} template template0`]);
        await onNode(worker, database, [extension]);
      }),
    );
    await onNode({ host, port }, database, [
      extension,
      `select citus_set_coordinator_host('${host}', ${port})`,
      ...workers.map((worker) => `select citus_add_node('${worker.host}', ${worker.port})`),
    ]);
  });
}

/** Adding a node writes its roles, which all databases share: of two at a time one fails. */
async function oneAtATime(work: () => Promise<void>): Promise<void> {
  const client = new pg.Client(inject('admin'));
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('a test joins workers'))");
    await work();
  } finally {
    await client.end();
  }
}

/** Distributes the tables of a migrated database. */
export const distributeTables = (database: string): Promise<void> => {
  const { host, port } = inject('admin');
  return onNode({ host, port }, database, statements);
};

export async function dropOnWorkers(database: string): Promise<void> {
  for (const worker of inject('workers'))
    await onNode(worker, 'postgres', [`drop database if exists ${database} with (force)`]);
}
