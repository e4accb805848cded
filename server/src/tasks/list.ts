import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, type Page, type PageRequest, readPage } from '../db/keyset-page.ts';
import { totalOf } from '../db/known-totals.ts';
import { foldedLikePattern, likePattern } from '../db/like-patterns.ts';
import type { Db } from '../db/schema.ts';
import { param } from '../db/statements.ts';
import { fold, foldVersion } from '../platform/folding.ts';
import { userZone } from '../writes/stamps.ts';
import { taskJson } from './columns.ts';
import {
  dueConditions,
  dueParams,
  dueShape,
  isByClock,
  isClockDependent,
  nextDueAt,
  overdueParts,
  validUntilOf,
} from './due-filters.ts';
import { type ListParameters, listDefaults, type SortKey, type TaskListQuery } from './list-model.ts';
import { isInProject, placementConditions, placementParams, placementShape } from './placement-filters.ts';
import { flaggedSorts, isInOrders, sorts } from './sort-orders.ts';
import { inDatabaseZone, inUserZone, type UserClock } from './user-zones.ts';

/** Filters, order and part of a list. */
export type TaskListFilter = Omit<ListParameters, keyof typeof listDefaults> &
  Required<Pick<ListParameters, keyof typeof listDefaults>> &
  PageRequest;

/** A page of a list, and until when it is right without a write. */
interface TaskPage extends EncodedPage {
  /** In ms since 1970; null: for ever. */
  validUntilMs: number | null;
}

/**
 * A page of live tasks, with cursors.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readTaskPage(
  db: Db,
  userId: string,
  query: Omit<TaskListQuery, 'view'>,
  keys: CursorKeys,
): Promise<TaskPage> {
  const { limit: _, offset: __, cursor: ___, ...parameters } = query;
  const filter = { ...listDefaults, ...parameters };
  const read = (clock: UserClock | null) =>
    readPage({ ...keys, scope: [userId, scopeOf(filter, clock)] }, query, (request) =>
      listTasks(db, userId, { ...filter, ...request }, clock),
    );
  if (filter.sort_by !== 'due_date' && !isClockDependent(filter))
    return { ...(await read(null)), validUntilMs: null };
  return inUserZone(db, userId, async (zone) => {
    const clock = { zone, now: new Date() };
    const page = await read(clock);
    const { user_zone, next_due_at = null } = page.extras;
    return {
      ...page,
      zone: user_zone ?? zone,
      validUntilMs: validUntilOf(filter, clock, next_due_at),
    };
  });
}

/** What the cursors of a list are bound to, besides the user. */
function scopeOf(
  { archived, deferred, ...filter }: Omit<TaskListFilter, keyof PageRequest>,
  clock: UserClock | null,
) {
  return sortByName({
    ...filter,
    // `hide` and `show` share cursors: a position is valid among more or fewer tasks of the same order.
    ...(archived === 'only' ? { archived } : {}),
    ...(deferred === undefined || deferred === 'all' ? {} : { deferred }),
    // Another folding orders titles otherwise, and another zone due dates, so such cursors are refused after it.
    ...(filter.sort_by === 'title' ? { fold: foldVersion } : {}),
    ...(filter.sort_by === 'due_date' ? { zone: clock?.zone } : {}),
  });
}

/** Parameters that differ only in their order are the same filter. */
function sortByName(filter: object): [string, unknown][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @param clock null if neither order nor filter needs it */
export async function listTasks(
  db: Db,
  userId: string,
  filter: TaskListFilter,
  clock: UserClock | null = null,
): Promise<Page> {
  const { sort_by, sort_direction: direction, due } = filter;
  const list = countedListOf(filter, clock);
  const known = list === null ? undefined : await totalOf(db, table, userId, list);
  const isAlongOrder = (known?.lastTotal ?? 0) >= minAlongOrder;
  const order = {
    ...{ ...sorts[sort_by], direction, nullable: sort_by === 'due_date' && !hasDueDate(filter) },
    ...(isAlongOrder && flaggedSorts.has(sort_by) && { flag: isInOrders }),
  };
  const source = {
    table,
    shape: [shapeOf(filter), isAlongOrder && sort_by].join(),
    where: conditionsOf(filter, isAlongOrder),
    json: taskJson,
    params: { user_id: userId, ...paramsOf(filter, clock) },
    materialize: !isAlongOrder && isSelective(filter),
    ...(due === 'overdue' ? overdueParts : {}),
    hasUnfoldedRows: filter.search || sort_by === 'title' ? hasUnfoldedTasks : null,
    extras: {
      ...(clock === null ? {} : { user_zone: userZone }),
      ...(due === 'overdue' ? { next_due_at: nextDueAt } : {}),
    },
  };
  if (sort_by !== 'due_date' || clock === null) return findPage(db, source, order, filter, known);
  return inDatabaseZone(clock, (database_zone) =>
    findPage(db, { ...source, params: { ...source.params, database_zone } }, order, filter, known),
  );
}

const table = 'duly.tasks';

/** From this total on, a page is read along the index of its order, and the filter is compared row by row. */
const minAlongOrder = 3_000;

/** Filters that may leave few tasks. Others leave so many that a page is soon full when read along its order. */
const isSelective = ({ search, tags, due_after, due_before, due, has_reminder }: TaskListFilter): boolean =>
  Boolean(search || tags?.length || due_after || due_before || isByClock(due) || has_reminder);

/** Whether all tasks of the list have a due date. */
const hasDueDate = ({ due, due_after, due_before }: TaskListFilter): boolean =>
  due_after !== undefined || due_before !== undefined || (due !== undefined && due !== 'none');

/**
 * The name of the list for `totalOf`: equal for lists with the same tasks. Null if the total is not remembered: a
 * search, or a list whose tasks the clock changes.
 */
function countedListOf(filter: TaskListFilter, clock: UserClock | null): string | null {
  const { limit: _, offset: __, position: ___, sort_by, sort_direction, ...filters } = filter;
  if (filter.search || (filter.due !== 'overdue' && isByClock(filter.due))) return null;
  // The days that conditions compare with: they are the same until midnight.
  const { due_today, due_lowest } = clock === null ? {} : dueParams(filter, clock);
  return JSON.stringify([due_today, due_lowest, sortByName(filters)]);
}

function paramsOf(filter: TaskListFilter, clock: UserClock | null) {
  const { priority, due_after, due_before, search, tags, tags_match } = filter;
  const names = new Set(tags);
  return {
    priority,
    due_after,
    due_before,
    ...searchPatternsOf(search),
    folded_key: filter.position?.key && fold(filter.position.key),
    ...placementParams(filter),
    ...(clock && dueParams(filter, clock)),
    tags: [...names],
    tags_wanted: tags_match === 'all' ? names.size : 1,
  };
}

/** All that `conditionsOf` depends on. */
function shapeOf(filter: TaskListFilter): string {
  const { completed, status, priority, due_after, due_before, has_reminder, search, tags } = filter;
  const presentFilters = [
    priority !== 'all',
    due_after !== undefined,
    due_before !== undefined,
    dueShape(filter),
    Boolean(tags?.length),
  ];
  const texts = [Boolean(search), isMultiline(search)];
  return [completed, status, has_reminder, ...presentFilters, ...texts, placementShape(filter)].join();
}

const isMultiline = (search: string | undefined): boolean => search?.includes('\n') ?? false;

/** @param isAlongOrder whether rows are read along the index of the order, and only compared with the conditions */
function conditionsOf(filter: TaskListFilter, isAlongOrder: boolean): RawBuilder<SqlBool>[] {
  const conditions = [sql<SqlBool>`t.deleted_at is null`];
  /** @param order whose index begins with the condition */
  const add = (condition: RawBuilder<SqlBool>, order?: SortKey) =>
    conditions.push(isAlongOrder && filter.sort_by !== order ? compareOnly(condition) : condition);
  for (const completed of [filter.completed, completedByStatus[filter.status]]) {
    if (completed !== undefined)
      add(completed ? sql`t.completed_at is not null` : sql`t.completed_at is null`);
  }
  if (filter.priority !== 'all') add(sql`t.priority = ${param('priority')}`, 'priority');
  if (filter.due_after !== undefined) add(sql`t.due_date >= ${param('due_after')}`, 'due_date');
  if (filter.due_before !== undefined) add(sql`t.due_date <= ${param('due_before')}`, 'due_date');
  for (const condition of dueConditions(filter)) add(condition, 'due_date');
  if (filter.search) add(isMultiline(filter.search) ? matchesMultilineSearch : matchesSearch);
  if (filter.tags?.length) add(isAlongOrder ? eachHasTags : hasTags);
  if (filter.has_reminder !== undefined)
    add(filter.has_reminder ? sql`t.reminder_count > 0` : sql`t.reminder_count = 0`, 'created_at');
  for (const condition of placementConditions(filter))
    add(condition, condition === isInProject ? 'created_at' : undefined);
  return conditions;
}

/** No index has this form, so the planner reads along the index of the order, and not one that finds the whole list. */
const compareOnly = (condition: RawBuilder<SqlBool>) => sql<SqlBool>`(${condition}) is true`;

const completedByStatus = { all: undefined, pending: false, completed: true };

function searchPatternsOf(search: string | undefined) {
  const pattern = search ? foldedLikePattern(search) : null;
  return { pattern, unfolded: pattern === null || search === undefined ? null : likePattern(search) };
}

const foldVersionSql = sql.lit(foldVersion);

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

/** A scalar subquery: the planner makes no join of it, which could read all tasks of the tag for each page. */
const eachHasTags = sql<SqlBool>`(
    select count(*) from duly.task_tags as l
    where l.user_id = ${param('user_id')} and l.task_id = t.id and l.name = any(${param('tags')})
  ) >= ${param('tags_wanted')}`;
