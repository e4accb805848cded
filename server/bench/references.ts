/** What the database has to do at least, as scripts that pgbench runs. Their variables are `users` and `tasks`. */

import { readFileSync } from 'node:fs';
import type { CompiledQuery } from 'kysely';
import type { Db } from '../src/db/schema.ts';
import { foldVersion } from '../src/platform/folding.ts';
import { listTasks } from '../src/tasks/list.ts';
import { findTask } from '../src/tasks/queries.ts';
import { statementOf } from '../test/support/capture-statement.ts';
import type { Script } from './pgbench.ts';

const randomUser = '\\set u random(0, :users - 1)\n';
const randomTask = `${randomUser}\\set i random(1, :tasks)\n`;
const userSql = "'bench-' || :u";
/** As `taskId` of the seed has it. */
const taskSql = "md5(:u || '/' || :i)::uuid";

const [aUser, aTask] = ['the user', '00000000-0000-4000-8000-000000000000'];

const newestTasks = {
  sort_by: 'created_at',
  sort_direction: 'desc',
  status: 'all',
  priority: 'all',
  tags_match: 'any',
  limit: 50,
  offset: 0,
  position: null,
} as const;

const listStatement = () => statementOf((db: Db) => listTasks(db, aUser, newestTasks));

/** The statement of a list as the code under test builds it, and its parameters for a user. */
export async function ownList(): Promise<{ text: string; valuesFor(userId: string): unknown[] }> {
  const { sql: text, parameters } = await listStatement();
  return {
    text,
    valuesFor: (userId) => parameters.map((parameter) => (parameter === aUser ? userId : parameter)),
  };
}

function inline({ sql, parameters }: CompiledQuery): string {
  const shown = (parameter: unknown) => {
    if (parameter === aUser) return userSql;
    return parameter === aTask ? taskSql : String(parameter);
  };
  const text = sql.replaceAll(/\$(\d+)/g, (_, place) => shown(parameters[Number(place) - 1]));
  return `${text.replaceAll(/\s+/g, ' ')};\n`;
}

/** Raises the user's counter; the change takes its number from it. */
const counted = (change: string): string => `with stamp as (
  insert into duly.owners (user_id, revision) values (${userSql}, 1)
  on conflict (user_id) do update set revision = owners.revision + 1 returning revision
) ${change};\n`;

const description = 'Something that somebody wrote down in a hurry, to be done before the week is over';

const update = (set: string): Script =>
  `${randomTask}${counted(`update duly.tasks as t
  set ${set}, version = t.version + 1, tags_version = t.version + 1, revision = stamp.revision, updated_at = statement_timestamp()
  from stamp where t.user_id = ${userSql} and t.id = ${taskSql}`)}`;

/**
 * `november list` is that of commit 9e2389d: a fixed reference for a statement that changes. `own list` and `get` are
 * the statements of the code under test. The others are the least that a backend with a counter per user does. They
 * leave nothing to the jobs that fold texts and store tags, which would run beside the measurements.
 */
export const makeScripts = async () => ({
  'november list': readFileSync(new URL('list-2026-11.sql', import.meta.url), 'utf8'),
  'own list': `${randomUser}${inline(await listStatement())}`,
  get: `${randomTask}${inline(await statementOf((db) => findTask(db, aUser, aTask)))}`,
  create: `${randomUser}${counted(`insert into duly.tasks (user_id, title, description, priority,
    due_date, revision, tags, tags_version, search_text, search_version)
  select ${userSql}, 'Call number 7 about the meeting', '${description}', 'High',
    '2027-01-11', revision, '{}', 1, 'call number 7 about the meeting', ${foldVersion} from stamp`)}`,
  patch: update("title = 'Changed to ' || t.version"),
  complete: update('completed_at = case when t.completed_at is null then statement_timestamp() end'),
});

export type ScriptName = keyof Awaited<ReturnType<typeof makeScripts>>;
