import { randomUUID } from 'node:crypto';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, readPage } from '../db/keyset-page.ts';
import type { SortOrder } from '../db/page-order.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, param, type Query } from '../db/statements.ts';
import { occurrenceJson } from './columns.ts';
import type { OccurrenceListQuery, RecordedOccurrence } from './model.ts';

/** Which recorded occurrences a write has to read. */
export interface OccurrenceScope {
  /** Occurrences of a task by their dates. */
  dates: readonly { taskId: string; date: string }[];
  /** A task for each of its newest occurrences: twice for two. */
  newest: readonly string[];
}

export const noOccurrences: OccurrenceScope = { dates: [], newest: [] };

interface FoundRow {
  occurrences: RecordedOccurrence[] | null;
}

/**
 * Reads what the query reads, and the occurrences in the same statement. Without any it is the very same statement.
 * @param condition of a row `found` that has them; the lookup is made only if there is one
 */
export function withOccurrences<T, Found>(
  read: Query<T>,
  { dates, newest }: OccurrenceScope,
  toFound: (value: T, occurrences: readonly RecordedOccurrence[]) => Found,
  condition: RawBuilder<SqlBool> = inFirstRow,
): Query<Found> {
  if (dates.length === 0 && newest.length === 0)
    return { ...read, toValue: (rows) => toFound(read.toValue(rows), []) };
  const counts = Map.groupBy(newest, (taskId) => taskId);
  const [newestTask, ...others] = newest;
  const isNewestOfOne = newestTask !== undefined && others.length === 0 && dates.length === 0;
  return {
    name: `${read.name}, ${isNewestOfOne ? 'newest occurrence' : 'occurrences'}`,
    sql: sql`select case when ${condition} then (
        select coalesce(json_agg(o), '[]') from (${isNewestOfOne ? newestOfOneSql : occurrencesSql}) as o
      ) end as occurrences, found.*
      from (${read.sql}) as found`,
    params: {
      ...read.params,
      newest_task: newestTask,
      dated_tasks: dates.map(({ taskId }) => taskId),
      dates: dates.map(({ date }) => date),
      newest_tasks: [...counts.keys()],
      newest_counts: [...counts.values()].map(({ length }) => length),
    },
    toValue(rows) {
      const found = rows.flatMap((row) => (row as FoundRow).occurrences ?? []);
      return toFound(read.toValue(rows), found);
    },
  };
}

const inFirstRow = sql<SqlBool>`row_number() over () = 1`;
/** The task may repeat, or it may have repeated before. */
export const ifRepeating = sql<SqlBool>`found.recurrence is not null or cardinality(${param('dates')}::date[]) > 0`;

const userParam = param<string>('user_id');
const revision = sql`(select revision from stamp)`;

const fieldsOf = (alias: RawBuilder<unknown>) =>
  sql`${alias}.id, ${alias}.task_id, ${alias}.date, ${alias}.number, ${alias}.status, ${alias}.before, ${alias}.task_version`;

/** Each part goes along the index by task. PostgreSQL plans it each time, for as many tasks as there are. */
const occurrencesSql = sql`
    select ${fieldsOf(sql`d`)} from unnest(${param('dated_tasks')}::uuid[], ${param('dates')}::date[]) as w (task_id, date)
    join duly.occurrences as d on d.user_id = ${userParam} and d.task_id = w.task_id and d.date = w.date
    union
    select ${fieldsOf(sql`n`)} from unnest(${param('newest_tasks')}::uuid[], ${param('newest_counts')}::int[]) as w (task_id, count)
    cross join lateral (
      select * from duly.occurrences as l where l.user_id = ${userParam} and l.task_id = w.task_id
      order by l.task_version desc limit w.count
    ) as n`;

/** Apart, because PostgreSQL keeps its plan: most tasks that are changed do not repeat, and planning costs more. */
const newestOfOneSql = sql`
    select ${fieldsOf(sql`n`)} from duly.occurrences as n
    where n.user_id = ${userParam} and n.task_id = ${param('newest_task')}::uuid
    order by n.task_version desc limit 1`;

/** The CTEs that store what a write recorded and took back. */
export function occurrenceCtes(
  userId: string,
  before: readonly RecordedOccurrence[],
  after: readonly RecordedOccurrence[],
): Cte[] {
  const recorded = after.filter(({ id }) => id === null).map((each) => ({ ...each, id: randomUUID() }));
  const undone = before.flatMap((each) => (each.id === null || after.includes(each) ? [] : [each.id]));
  const record: Cte = {
    template: recordTemplate,
    params: { user_id: userId, recorded: JSON.stringify(recorded) },
  };
  const undo: Cte = { template: undoTemplate, params: { user_id: userId, undone } };
  return [...(recorded.length > 0 ? [record] : []), ...(undone.length > 0 ? [undo] : [])];
}

/** An occurrence that another installation recorded. */
export interface ImportedOccurrence extends RecordedOccurrence {
  id: string;
  recorded_at: string;
}

/** Stores occurrences as they are; their tasks may be stored by the same statement. */
export const importOccurrencesCte = (userId: string, occurrences: readonly ImportedOccurrence[]): Cte => ({
  template: importTemplate,
  params: { user_id: userId, imported: JSON.stringify(occurrences) },
});

const importTemplate: CteTemplate = {
  name: 'import occurrences',
  sql: sql`imported as (
      insert into duly.occurrences (user_id, id, task_id, date, number, status, before, task_version, recorded_at, revision)
      select ${userParam}, ${fieldsOf(sql`r`)}, r.recorded_at, ${revision}
      from jsonb_to_recordset(${param('imported')}::text::jsonb) as r (id uuid, task_id uuid, date date, number int,
        status text, before jsonb, task_version int, recorded_at timestamptz)
      on conflict do nothing
    )`,
};

const recordTemplate: CteTemplate = {
  name: 'record occurrences',
  sql: sql`recorded as (
      insert into duly.occurrences (user_id, id, task_id, date, number, status, before, task_version, recorded_at, revision)
      select ${userParam}, ${fieldsOf(sql`r`)}, stamp.now, stamp.revision
      from stamp cross join jsonb_to_recordset(${param('recorded')}::text::jsonb)
        as r (id uuid, task_id uuid, date date, number int, status text, before jsonb, task_version int)
    )`,
};

const undoTemplate: CteTemplate = {
  name: 'undo occurrences',
  sql: sql`undone as (
      delete from duly.occurrences where user_id = ${userParam} and id = any(${param('undone')}::uuid[]) returning id
    ), undone_tombstones as (
      insert into duly.tombstones (user_id, type, id, revision)
      select ${userParam}, 'occurrence', id::text, ${revision} from undone
    )`,
};

/** CTEs with tombstones of the occurrences that go with purged tasks. @param tasks the CTE with their ids */
export const purgedOccurrencesCte = (tasks: string) => sql`${sql.id(`${tasks}_occurrences`)} as (
    insert into duly.tombstones (user_id, type, id, revision)
    select ${userParam}, 'occurrence', o.id::text, ${revision} from ${sql.id(tasks)} as p
    join duly.occurrences as o on o.user_id = ${userParam} and o.task_id = p.id
  )`;

const newestFirst: SortOrder = {
  key: sql`t.task_version`,
  name: 'task_version',
  keyText: sql`t.task_version::text`,
  keyFromText: (text) => sql`${text}::int`,
  direction: 'desc',
  nullable: false,
};

/**
 * A page of the recorded occurrences of a task, the newest first.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readOccurrencePage(
  db: Db,
  userId: string,
  taskId: string,
  query: Omit<OccurrenceListQuery, 'coming'>,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const source = {
    table: 'duly.occurrences',
    shape: 'task',
    where: [sql<SqlBool>`t.task_id = ${param('task_id')}::uuid`],
    json: occurrenceJson,
    params: { user_id: userId, task_id: taskId },
    materialize: false,
    hasUnfoldedRows: null,
  };
  return readPage({ ...keys, scope: [userId, 'occurrences', taskId] }, query, (request) =>
    findPage(db, source, newestFirst, request),
  );
}
