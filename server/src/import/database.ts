import type pg from 'pg';
import { openClient } from '../db/inspect-server.ts';
import { connectionFromUrl } from '../db/pool.ts';
import { type FoundData, type FoundTask, ImportError, type ImportNote, nothingElse } from './model.ts';

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
  const names =
    tags === null
      ? 'null::text[]'
      : `array(select g.name::text from ${tags.links} as l join ${tags.tags} as g on g.id = l.tag_id
          where l.task_id = t.id order by 1)`;
  const { rows } = await client.query<DatabaseRow>(
    `select to_jsonb(t) as task, ${names} as tags from ${tasks} as t where t.user_id::text = $1 order by t.id`,
    [userId],
  );
  const found: FoundTask[] = [];
  const notes: ImportNote[] = [];
  for (const row of rows) {
    const place = `task ${String(row.task.id)}`;
    if (isTruthy(row.task.deleted_at) || row.task.is_deleted === true)
      notes.push({ place, kind: 'skipped', reason: 'it is deleted there' });
    else found.push(toFoundTask(row, place));
  }
  return { tasks: found, notes };
}

const isTruthy = (value: unknown) => value !== null && value !== undefined && value !== false;
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** A `timestamp` without a zone is in UTC, as Python's `utcnow` gives it. */
function instantOf(value: unknown): string | null {
  const text = textOf(value);
  return text === null || /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
}

const priorities = { high: 'High', medium: 'Medium', low: 'Low' } as const;
function priorityOf(value: unknown): FoundTask['priority'] {
  const name = String(value).toLowerCase();
  return name === 'high' || name === 'medium' || name === 'low' ? priorities[name] : null;
}

function toFoundTask({ task, tags }: DatabaseRow, place: string): FoundTask {
  const own = Array.isArray(task.tags) ? task.tags.filter((tag) => typeof tag === 'string') : [];
  return {
    ...nothingElse,
    key: String(task.id),
    place,
    title: (textOf(task.title) ?? '').trim(),
    description: textOf(task.description),
    priority: priorityOf(task.priority),
    tags: tags ?? own,
    dueDate: textOf(task.due_date)?.slice(0, 10) ?? null,
    completed: task.completed === true || task.status === 'completed',
    completedAt: instantOf(task.completed_at ?? task.updated_at),
    createdAt: instantOf(task.created_at),
  };
}
