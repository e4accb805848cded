import type pg from 'pg';
import { openClient } from '../db/inspect-server.ts';
import { connectionFromUrl } from '../db/pool.ts';
import { addPlainTask } from './formats/fields.ts';
import { createFinder } from './formats/found.ts';
import { type FoundData, ImportError } from './model.ts';

/** The tasks of a backend of the plans that Duly was written from (FastAPI and SQLModel), in its PostgreSQL. */
export interface TaskDatabase {
  userIds(): Promise<string[]>;
  read(userId: string): Promise<FoundData>;
  close(): void;
}

/** Where its tables are, quoted. SQLModel names a table after its class, unless it is told another name. */
interface Tables {
  tasks: string;
  /** Null: tags are a column of the task, or there are none. */
  tags: { tags: string; links: string } | null;
}

/**
 * Opens the database, and finds its tables. It writes nothing.
 * @throws ImportError when the URL is none, the server cannot be reached, or has no such tables
 */
export async function openTaskDatabase(url: string): Promise<TaskDatabase> {
  const { client, close } = openClient({
    ...settingsOf(url),
    application_name: 'duly import',
    query_timeout: 300_000,
  });
  try {
    await client.connect();
    await client.query('set default_transaction_read_only = on');
    const tables = await findTables(client);
    return {
      async userIds() {
        const { rows } = await client.query<{ id: string }>(
          `select distinct user_id::text as id from ${tables.tasks} order by 1`,
        );
        return rows.map(({ id }) => id);
      },
      read: (userId) => readTasks(client, tables, userId),
      close,
    };
  } catch (error) {
    close();
    throw error instanceof ImportError
      ? error
      : new ImportError(`The database cannot be read: ${String(error).replaceAll(/\s+/g, ' ')}`);
  }
}

function settingsOf(url: string) {
  try {
    return connectionFromUrl(url);
  } catch {
    throw new ImportError('The first argument is no URL of a database: wants postgresql://…');
  }
}

const names = {
  tasks: ['tasks', 'task'],
  tags: ['tags', 'tag'],
  links: ['task_tags', 'tasktag', 'task_tag', 'task_tag_link'],
};

/** In one schema, which is the first that has tasks of users. */
async function findTables(client: pg.Client): Promise<Tables> {
  const { rows } = await client.query<{ schema: string; name: string; quoted: string }>(
    `select table_schema as schema, table_name as name, format('%I.%I', table_schema, table_name) as quoted
     from information_schema.columns
     where column_name in ('user_id', 'task_id') and table_schema not in ('duly', 'pg_catalog', 'information_schema')
       and table_name = any($1)
     group by 1, 2, 3 order by table_schema <> 'public', 1`,
    [Object.values(names).flat()],
  );
  const tasks = rows.find(({ name }) => names.tasks.includes(name));
  if (tasks === undefined)
    throw new ImportError('The database has no table tasks or task with a column user_id');
  const among = (wanted: readonly string[]) =>
    rows.find(({ schema, name }) => schema === tasks.schema && wanted.includes(name))?.quoted;
  const [tags, links] = [among(names.tags), among(names.links)];
  return { tasks: tasks.quoted, tags: tags === undefined || links === undefined ? null : { tags, links } };
}

interface DatabaseRow {
  task: Record<string, unknown>;
  tags: string[] | null;
}

async function readTasks(client: pg.Client, { tasks, tags }: Tables, userId: string): Promise<FoundData> {
  const tagNames =
    tags === null
      ? 'null::text[]'
      : `array(select g.name::text from ${tags.links} as l join ${tags.tags} as g on g.id = l.tag_id
          where l.task_id = t.id order by 1)`;
  const { rows } = await client.query<DatabaseRow>(
    `select to_jsonb(t) as task, ${tagNames} as tags from ${tasks} as t where t.user_id::text = $1 order by t.id`,
    [userId],
  );
  const finder = createFinder();
  for (const { task, tags: own } of rows) {
    const place = `task ${String(task.id)}`;
    const isDeleted = (task.deleted_at ?? null) !== null || task.is_deleted === true;
    // It does not say when a task was completed.
    const completed_at = task.completed_at ?? task.updated_at;
    if (isDeleted) finder.skipped(place, 'is deleted there');
    else addPlainTask({ ...task, tags: own ?? task.tags, completed_at }, place, finder, 'UTC');
  }
  return finder.finish();
}
