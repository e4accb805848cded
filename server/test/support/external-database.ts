import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import type {} from './global-setup.ts';

/** Says that a cluster whose databases hold users of a Duly may be tested all the same. */
const consentVariable = 'DULY_TEST_CLUSTER_CONSENT';

/**
 * Prepares the tests for the server that DULY_TEST_DATABASE names. They create databases with a random prefix, and
 * touch no others. The role of the URL must be a superuser, on Citus on every node.
 */
export default async function setup(project: TestProject) {
  const admin = readSettings(process.env.DULY_TEST_DATABASE ?? '');
  const workers = await inspectServer(admin).catch((error: Error) => {
    // Thrown, it would come with a stack of Vitest.
    process.stderr.write(`--database: ${error.message}\n`);
    process.exit(1);
  });
  const prefix = `duly_test_${randomBytes(4).toString('hex')}_`;
  project.provide('admin', admin);
  project.provide('app', admin);
  project.provide('template', null);
  project.provide('databasePrefix', prefix);
  project.provide('workers', workers);
  return async () => {
    // What a test that was ended has left.
    for (const node of [admin, ...workers.map((worker) => ({ ...admin, ...worker }))])
      await dropAll(node, prefix);
  };
}

/** @returns the workers, if it is the coordinator of a cluster. @throws Error if there are users that may be real */
async function inspectServer(admin: ConnectionSettings): Promise<{ host: string; port: number }[]> {
  const client = new pg.Client(admin);
  await client.connect();
  try {
    await refuseUsers(client, admin);
    return await findWorkers(client);
  } finally {
    await client.end();
  }
}

function readSettings(text: string): ConnectionSettings {
  const url = new URL(text);
  return {
    host: decodeURIComponent(url.hostname),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1) || 'postgres',
  };
}

/** The workers of the Citus cluster whose coordinator this is; none elsewhere. */
async function findWorkers(client: pg.Client): Promise<{ host: string; port: number }[]> {
  const { rows } = await client.query<{ citus: boolean }>(
    `select to_regclass('pg_dist_node') is not null as citus`,
  );
  if (rows[0]?.citus !== true) return [];
  const nodes = await client.query<{ host: string; port: number }>(
    'select nodename as host, nodeport as port from pg_dist_node where groupid > 0 order by nodeport',
  );
  return nodes.rows;
}

async function refuseUsers(client: pg.Client, admin: ConnectionSettings): Promise<void> {
  if (process.env[consentVariable] === 'yes') return;
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where datallowconn and not datistemplate order by datname',
  );
  for (const { name } of rows) {
    if (await hasUsers({ ...admin, database: name }))
      throw new Error(
        `the database ${name} of this server holds a Duly with users. Give another server, or ` +
          '--yes-this-is-a-test-cluster',
      );
  }
}

async function hasUsers(settings: ConnectionSettings): Promise<boolean> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    const { rows } = await client.query<{ here: boolean }>(
      `select to_regclass('duly.owners') is not null as here`,
    );
    if (rows[0]?.here !== true) return false;
    // One by one: Citus joins no table of a user with one of the coordinator.
    for (const table of ['duly.owners', 'better_auth."user"']) {
      const found = await client.query(`select 1 from ${table} limit 1`);
      if (found.rowCount === 1) return true;
    }
    return false;
  } finally {
    await client.end();
  }
}

async function dropAll(node: ConnectionSettings, prefix: string): Promise<void> {
  const client = new pg.Client(node);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [prefix],
  );
  for (const { name } of rows) await client.query(`drop database if exists ${name} with (force)`);
  await client.end();
}
