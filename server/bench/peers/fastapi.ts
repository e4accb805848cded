/** The stack of the plans: `fastapi/main.py` by one uvicorn process, on the same PostgreSQL in a schema of its own. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ConnectionSettings } from '../../src/db/postgres/embedded.ts';
import { runQuery } from '../database.ts';
import { deletions, type OwnedTask } from '../requests.ts';
import { freePort, issuer, mintToken, secret, startProgram } from '../server.ts';
import type { Trial } from '../trial.ts';
import type { Peer } from './peer.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('fastapi/', import.meta.url));

/** @returns null, after a line that says why, if there is no Python or its packages cannot be installed */
export async function startFastApi(
  trial: Trial,
  python: string,
  toDelete: OwnedTask[],
): Promise<Peer | null> {
  const directory = mkdtempSync(join(tmpdir(), 'duly-fastapi-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const program = await preparePython(python, directory).catch((error: unknown) => {
    console.log(`without FastAPI: ${firstLine(error)}`);
    return null;
  });
  if (program === null) {
    remove();
    return null;
  }
  const { admin, connection } = trial.database;
  await runQuery(admin, 'drop schema if exists fastapi cascade');
  await runQuery(admin, `create schema fastapi authorization ${connection.user}`);
  const port = await freePort();
  const server = await startProgram(
    program,
    ['-m', 'uvicorn', 'main:app', '--host', '127.0.0.1', '--port', String(port)],
    {
      env: {
        DATABASE_URL: sqlAlchemyUrl(connection),
        BETTER_AUTH_SECRET: secret,
        JWT_ISSUER: issuer,
        PYTHONDONTWRITEBYTECODE: '1',
      },
      port,
      readyPath: '/health/ready',
      cwd: source,
      stderrFile: join(directory, 'stderr.log'),
    },
  );
  for (const statement of copyStatements) await runQuery(admin, statement);
  const { list, get, search, 'create, 2 tags': create, patch, complete } = trial.requests;
  return {
    name: 'FastAPI',
    server,
    requests: { list, get, search, 'create, 2 tags': create, patch, complete, delete: deletions(toDelete) },
    readList: (userId) => readList(port, userId),
    wanted: '',
    async stop() {
      await server.stop();
      remove();
    },
  };
}

/** The given Python if it has the packages, else a virtual environment that gets them. */
async function preparePython(python: string, directory: string): Promise<string> {
  const hasPackages = run(python, ['-c', 'import asyncpg, fastapi, jose, sqlmodel, uvicorn']);
  if (await hasPackages.then(() => true).catch(() => false)) return python;
  await run(python, ['-m', 'venv', directory]);
  const inside = join(directory, 'bin', 'python');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r'];
  await run(inside, [...install, join(source, 'requirements.txt')]);
  return inside;
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message.split('\n')[0] : String(error));

const sqlAlchemyUrl = ({ host, port, user, password, database }: ConnectionSettings) =>
  `postgresql+asyncpg://${user}:${encodeURIComponent(password)}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;

async function readList(port: number, userId: string): Promise<{ total: number; titles: string[] }> {
  const { data, total } = await fetchDulyList<{ total: number }>(port, userId);
  return { total, titles: data.map(({ title }) => title) };
}

/** FastAPI serves Duly's URLs with Duly's tokens. */
export async function fetchDulyList<Rest>(port: number, userId: string) {
  const headers = { authorization: `Bearer ${mintToken(userId)}` };
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/users/${userId}/tasks`, { headers });
  const page: Rest & { data: { title: string }[] } = JSON.parse(await response.text());
  return page;
}

/** The superuser copies without checking each foreign key. */
const copyStatements = [
  `set session_replication_role = replica;
  insert into fastapi.tags (id, name, user_id) select md5(user_id || '/' || name)::uuid, name, user_id from duly.tags;
  insert into fastapi.tasks (id, user_id, title, description, completed, priority, due_date, version, created_at, updated_at, deleted_at)
  select id, user_id, title, description, completed_at is not null, priority::text::fastapi.priority, due_date, version, created_at, updated_at, deleted_at
  from duly.tasks;
  insert into fastapi.task_tags (task_id, tag_id) select task_id, md5(user_id || '/' || name)::uuid from duly.task_tags`,
  'vacuum (analyze) fastapi.tasks',
  'vacuum (analyze) fastapi.tags',
  'vacuum (analyze) fastapi.task_tags',
];
