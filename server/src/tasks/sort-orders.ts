import { type SqlBool, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { SortOrder } from '../db/page-order.ts';
import { param } from '../db/statements.ts';
import { foldVersion, searchTextSeparator } from '../platform/folding.ts';
import { marginDays } from './due-filters.ts';
import type { SortKey } from './list-model.ts';

type SortColumn = Pick<SortOrder, 'key' | 'name' | 'keyText' | 'keyFromText' | 'tieBreaker' | 'nearly'>;

const sortByTime = (name: 'created_at' | 'updated_at'): SortColumn => ({
  key: sql.ref(`t.${name}`),
  name,
  keyText: isoText(sql.ref(`t.${name}`)),
  keyFromText: (text) => sql`${text}::timestamptz`,
});

const foldVersionSql = sql.lit(foldVersion);

/** Characters of a folded title that are compared. The index `tasks_live_title` has no more: entries are limited. */
const comparedLength = sql.lit(200);

/** A row without this folding is ordered by `lower(title)`, and so is a cursor whose row has none. */
const sortByTitle: SortColumn = {
  key: sql`left(case when t.search_version = ${foldVersionSql} then split_part(t.search_text, ${sql.lit(searchTextSeparator)}, 1)
    else lower(t.title) end, ${comparedLength}) collate "C"`,
  name: 'title',
  keyText: sql`t.title`,
  keyFromText: (text) => sql`left(case when exists (
      select from duly.tasks as o where o.user_id = ${param('user_id')} and o.id = ${param('id')}::uuid
        and o.search_version is distinct from ${foldVersionSql}
    ) then lower(${text}) else ${param('folded_key')}::text end, ${comparedLength}) collate "C"`,
  tieBreaker: { key: sql`t.title collate "C"`, toKey: (text) => sql`${text}::text collate "C"` },
};

/** A date is due from its first instant on, in the user's zone. */
const dueInstant = sql`coalesce(t.due_at, t.due_date::timestamp at time zone ${param('database_zone')}::text)`;

/** Orders whose indexes are partial: with `t.in_orders`, they have the tasks of users with a long list only. */
export const flaggedSorts: ReadonlySet<SortKey> = new Set(['updated_at', 'title', 'position', 'priority']);
export const isInOrders = sql<SqlBool>`t.in_orders`;

/** Each is the expression of an index of live tasks, but that of `due_date`. */
export const sorts: Record<SortKey, SortColumn> = {
  created_at: sortByTime('created_at'),
  updated_at: sortByTime('updated_at'),
  title: sortByTitle,
  due_date: {
    key: dueInstant,
    name: 'due_date',
    keyText: isoText(dueInstant),
    keyFromText: (text) => sql`${text}::timestamptz`,
    nearly: { column: sql.ref('t.due_date'), marginDays },
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
