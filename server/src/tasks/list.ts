import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, type Page, type PageRequest, readPage } from '../db/keyset-page.ts';
import { foldedLikePattern, likePattern } from '../db/like-patterns.ts';
import type { SortOrder } from '../db/page-statement.ts';
import type { Db } from '../db/schema.ts';
import { param } from '../db/statements.ts';
import { fold, foldVersion, searchTextSeparator } from '../platform/folding.ts';
import { taskJson } from './columns.ts';
import { type ListParameters, listDefaults, type SortKey, type TaskListQuery } from './list-model.ts';
import { placementConditions, placementParams, placementShape } from './placement-filters.ts';

/** Filters, order and part of a list. */
export type TaskListFilter = Omit<ListParameters, keyof typeof listDefaults> &
  Required<Pick<ListParameters, keyof typeof listDefaults>> &
  PageRequest;

type SortColumn = Pick<SortOrder, 'key' | 'name' | 'keyText' | 'keyFromText' | 'tieBreaker'>;

const sortByTime = (name: 'created_at' | 'updated_at'): SortColumn => ({
  key: sql.ref(`t.${name}`),
  name,
  keyText: isoText(sql.ref(`t.${name}`)),
  keyFromText: (text) => sql`${text}::timestamptz`,
});

const foldVersionSql = sql.lit(foldVersion);

/** A row without this folding is ordered by `lower(title)`, and so is a cursor whose row has none. */
const sortByTitle: SortColumn = {
  key: sql`case when t.search_version = ${foldVersionSql} then split_part(t.search_text, ${sql.lit(searchTextSeparator)}, 1)
    else lower(t.title) end collate "C"`,
  name: 'title',
  keyText: sql`t.title`,
  keyFromText: (text) => sql`case when exists (
      select from duly.tasks as o where o.user_id = ${param('user_id')} and o.id = ${param('id')}::uuid
        and o.search_version is distinct from ${foldVersionSql}
    ) then lower(${text}) else ${param('folded_key')}::text end collate "C"`,
  tieBreaker: { key: sql`t.title collate "C"`, toKey: (text) => sql`${text}::text collate "C"` },
};

const sorts: Record<SortKey, SortColumn> = {
  created_at: sortByTime('created_at'),
  updated_at: sortByTime('updated_at'),
  title: sortByTitle,
  due_date: {
    key: sql`t.due_date`,
    name: 'due_date',
    keyText: sql`to_char(t.due_date, 'YYYY-MM-DD')`,
    keyFromText: (text) => sql`${text}::date`,
  },
  // Null on rows that an older server wrote.
  position: {
    key: sql`coalesce(t.position, duly.first_position(t.created_at)) collate "C"`,
    name: 'position',
    keyText: sql`coalesce(t.position, duly.first_position(t.created_at))`,
    keyFromText: (text) => sql`${text}::text collate "C"`,
  },
  priority: {
    key: sql`t.priority`,
    name: 'priority',
    keyText: sql`t.priority::text`,
    keyFromText: (text) => sql`${text}::duly.task_priority`,
  },
};

/**
 * A page of live tasks, with cursors.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readTaskPage(
  db: Db,
  userId: string,
  query: Omit<TaskListQuery, 'view'>,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const { limit: _, offset: __, cursor: ___, ...parameters } = query;
  const filter = { ...listDefaults, ...parameters };
  // Another folding orders titles otherwise, so a cursor of titles is refused after it.
  const order = filter.sort_by === 'title' ? { fold: foldVersion } : {};
  const { archived, ...scoped } = filter;
  // Of `archived` only this one counts: a position among more or fewer tasks of one order is a position all the same.
  const only = archived === 'only' ? { archived } : {};
  const scope = { ...keys, scope: [userId, sortByName({ ...scoped, ...only, ...order })] };
  return readPage(scope, query, (request) => listTasks(db, userId, { ...filter, ...request }));
}

/** The same parameters in another order are the same filter. */
function sortByName(filter: object): [string, unknown][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}

export function listTasks(db: Db, userId: string, filter: TaskListFilter): Promise<Page> {
  const { sort_by, sort_direction: direction, position } = filter;
  const order = { ...sorts[sort_by], direction, nullable: sort_by === 'due_date' };
  const { search, tags, due_after, due_before } = filter;
  const names = new Set(tags);
  const source = {
    table: 'duly.tasks',
    shape: shapeOf(filter),
    where: conditionsOf(filter),
    json: taskJson,
    params: {
      user_id: userId,
      priority: filter.priority,
      due_after,
      due_before,
      ...searchPatternsOf(search),
      folded_key: position?.key && fold(position.key),
      ...placementParams(filter),
      tags: [...names],
      tags_wanted: filter.tags_match === 'all' ? names.size : 1,
    },
    // Other filters leave so many rows that a page is soon full.
    materialize: Boolean(search || tags?.length || due_after || due_before),
    hasUnfoldedRows: search || sort_by === 'title' ? hasUnfoldedTasks : null,
  };
  return findPage(db, source, order, filter);
}

/** All that `conditionsOf` depends on. */
function shapeOf(filter: TaskListFilter): string {
  const { completed, status, priority, due_after, due_before, search, tags } = filter;
  const presentFilters = [
    priority !== 'all',
    due_after !== undefined,
    due_before !== undefined,
    Boolean(tags?.length),
  ];
  const texts = [Boolean(search), isMultiline(search)];
  return [completed, status, ...presentFilters, ...texts, placementShape(filter)].join();
}

const isMultiline = (search: string | undefined): boolean => search?.includes('\n') ?? false;

function conditionsOf(filter: TaskListFilter): RawBuilder<SqlBool>[] {
  const conditions = [sql<SqlBool>`t.deleted_at is null`];
  for (const completed of [filter.completed, completedByStatus[filter.status]]) {
    if (completed !== undefined)
      conditions.push(completed ? sql`t.completed_at is not null` : sql`t.completed_at is null`);
  }
  if (filter.priority !== 'all') conditions.push(sql`t.priority = ${param('priority')}`);
  if (filter.due_after !== undefined) conditions.push(sql`t.due_date >= ${param('due_after')}`);
  if (filter.due_before !== undefined) conditions.push(sql`t.due_date <= ${param('due_before')}`);
  if (filter.search) conditions.push(isMultiline(filter.search) ? matchesMultilineSearch : matchesSearch);
  if (filter.tags?.length) conditions.push(hasTags);
  conditions.push(...placementConditions(filter));
  return conditions;
}

const completedByStatus = { all: undefined, pending: false, completed: true };

function searchPatternsOf(search: string | undefined) {
  const pattern = search ? foldedLikePattern(search) : null;
  return { pattern, unfolded: pattern === null || search === undefined ? null : likePattern(search) };
}

/** Rows without this folding are also searched by PostgreSQL's lower(). */
const matchesSearch = sql<SqlBool>`(t.search_text like ${param('pattern')}
  or t.search_version is distinct from ${foldVersionSql} and t.search_text like lower(${param('unfolded')}))`;

/** In rows without this folding, a match could begin in the title and end in the description. */
const matchesMultilineSearch = sql<SqlBool>`(t.search_version = ${foldVersionSql} and t.search_text like ${param('pattern')}
  or t.search_version is distinct from ${foldVersionSql} and t.search_text like lower(${param('unfolded')})
    and (t.title ilike ${param('unfolded')} or t.description ilike ${param('unfolded')}))`;

const hasUnfoldedTasks = sql<boolean>`exists (
    select from duly.tasks as o where o.user_id = ${param('user_id')} and o.search_version is distinct from ${foldVersionSql}
  )`;

const hasTags = sql<SqlBool>`t.id in (
    select task_id from duly.task_tags where user_id = ${param('user_id')} and name = any(${param('tags')})
    group by task_id having count(*) >= ${param('tags_wanted')}
  )`;
