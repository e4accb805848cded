import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, type Page, type PageRequest, readPage } from '../db/keyset-page.ts';
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
  validUntilOf,
} from './due-filters.ts';
import { type ListParameters, listDefaults, type TaskListQuery } from './list-model.ts';
import { placementConditions, placementParams, placementShape } from './placement-filters.ts';
import { sorts } from './sort-orders.ts';
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
    // Of `archived` only this one counts: a position among more or fewer tasks of one order is a position all the same.
    ...(archived === 'only' ? { archived } : {}),
    ...(deferred === undefined || deferred === 'all' ? {} : { deferred }),
    // Another folding orders titles otherwise, and another zone due dates, so such cursors are refused after it.
    ...(filter.sort_by === 'title' ? { fold: foldVersion } : {}),
    ...(filter.sort_by === 'due_date' ? { zone: clock?.zone } : {}),
  });
}

/** The same parameters in another order are the same filter. */
function sortByName(filter: object): [string, unknown][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @param clock null if neither order nor filter needs it */
export function listTasks(
  db: Db,
  userId: string,
  filter: TaskListFilter,
  clock: UserClock | null = null,
): Promise<Page> {
  const { sort_by, sort_direction: direction, search, tags, due_after, due_before, due } = filter;
  const order = { ...sorts[sort_by], direction, nullable: sort_by === 'due_date' };
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
      folded_key: filter.position?.key && fold(filter.position.key),
      ...placementParams(filter),
      ...(clock && dueParams(filter, clock)),
      tags: [...names],
      tags_wanted: filter.tags_match === 'all' ? names.size : 1,
    },
    // Other filters leave so many rows that a page is soon full.
    materialize: Boolean(
      search || tags?.length || due_after || due_before || isByClock(due) || filter.has_reminder,
    ),
    hasUnfoldedRows: search || sort_by === 'title' ? hasUnfoldedTasks : null,
    extras: {
      ...(clock === null ? {} : { user_zone: userZone }),
      ...(due === 'overdue' ? { next_due_at: nextDueAt } : {}),
    },
  };
  if (sort_by !== 'due_date' || clock === null) return findPage(db, source, order, filter);
  return inDatabaseZone(clock, (database_zone) =>
    findPage(db, { ...source, params: { ...source.params, database_zone } }, order, filter),
  );
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

function conditionsOf(filter: TaskListFilter): RawBuilder<SqlBool>[] {
  const conditions = [sql<SqlBool>`t.deleted_at is null`];
  for (const completed of [filter.completed, completedByStatus[filter.status]]) {
    if (completed !== undefined)
      conditions.push(completed ? sql`t.completed_at is not null` : sql`t.completed_at is null`);
  }
  if (filter.priority !== 'all') conditions.push(sql`t.priority = ${param('priority')}`);
  if (filter.due_after !== undefined) conditions.push(sql`t.due_date >= ${param('due_after')}`);
  if (filter.due_before !== undefined) conditions.push(sql`t.due_date <= ${param('due_before')}`);
  conditions.push(...dueConditions(filter));
  if (filter.search) conditions.push(isMultiline(filter.search) ? matchesMultilineSearch : matchesSearch);
  if (filter.tags?.length) conditions.push(hasTags);
  if (filter.has_reminder !== undefined)
    conditions.push(filter.has_reminder ? sql`t.reminder_count > 0` : sql`t.reminder_count = 0`);
  conditions.push(...placementConditions(filter));
  return conditions;
}

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
