import { type RawBuilder, sql } from 'kysely';
import type { LocalTime } from '../dates/zones.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, executeQuery, param, type Query, query } from '../db/statements.ts';
import type { Positioned } from '../platform/positions.ts';
import type { Room } from './changes.ts';
import type { Effect, Item, ItemKind, Stored } from './kind.ts';

const userParam = param('user_id');
const revision = sql`(select revision from stamp)`;

/** @returns the live item, or null when this user has none of that id. */
export function findItem<I extends Item>(
  db: Db,
  userId: string,
  kind: ItemKind<I>,
  id: string,
): Promise<I | null> {
  const found = storedItemQuery(kind, userId, id);
  return executeQuery(db, {
    ...found,
    toValue(rows) {
      const item = found.toValue(rows)?.item;
      return item === undefined || item.deleted_at !== null ? null : kind.show(item);
    },
  });
}

/** An item, live or in the trash, and what else a write of it has read. */
interface Found<I> {
  item: Stored<I>;
  /** How many other things the effect changes. */
  affected: number;
  localTimes: LocalTime[];
  room: Room;
  siblings: Positioned[];
}

interface FoundRow extends Room {
  affected: number;
  localTimes: LocalTime[];
  siblings: Positioned[];
}

type Part = 'room' | 'siblings';

/** Reads the item; undefined when this user has none of that id. */
export function storedItemQuery<I extends Item>(
  kind: ItemKind<I>,
  userId: string,
  id: string,
  { effect, part }: { effect?: Effect<I> | undefined; part?: Part } = {},
): Query<Found<I> | undefined> {
  const { noun, table, selection } = kind;
  const columns = [
    selection,
    ...(effect === undefined ? [] : [sql`${effect.count} as affected`]),
    ...(effect?.localTimes === undefined ? [] : [sql`${effect.localTimes} as "localTimes"`]),
    ...(part === 'siblings' ? [siblingsOf(kind)] : []),
    ...(part === 'room' ? [sql`room.*`] : []),
  ];
  const join = part === 'room' ? sql`cross join lateral (${roomSql(kind, parentOf(kind))}) as room` : sql``;
  const statement = sql<
    Record<string, unknown>
  >`select ${sql.join(columns)} from ${sql.table(table)} as t ${join}
    where t.user_id = ${userParam} and t.id = ${param('id')}::uuid`;
  const name = [`stored ${noun}`, effect?.name, part].filter((text) => text !== undefined).join(', ');
  return query(name, statement, { user_id: userId, id }, ([row]) => {
    if (row === undefined) return undefined;
    const {
      affected = 0,
      localTimes = [],
      siblings = [],
      count = 0,
      last = null,
      hasParent = true,
    } = row as Partial<FoundRow>;
    return { item: kind.read(row), affected, localTimes, siblings, room: { count, last, hasParent } };
  });
}

const parentOf = ({ parent }: Pick<ItemKind, 'parent'>) =>
  parent === undefined ? sql`null::uuid` : sql.ref(`t.${parent.column}`);

/** The live items of the same parent, in order, without the item itself. */
const siblingsOf = (kind: Pick<ItemKind, 'table' | 'parent'>) => sql`(
    select coalesce(json_agg(json_build_object('id', s.id, 'position', s.position) order by s.position, s.id), '[]')
    from ${sql.table(kind.table)} as s
    where s.user_id = ${userParam} and s.deleted_at is null and s.id <> t.id ${ofParent(kind, parentOf(kind))}
  ) as siblings`;

const ofParent = ({ parent }: Pick<ItemKind, 'parent'>, parentId: RawBuilder<unknown>) =>
  parent === undefined ? sql`` : sql`and ${sql.ref(`s.${parent.column}`)} = ${parentId}`;

const roomSql = (kind: Pick<ItemKind, 'table' | 'parent'>, parentId: RawBuilder<unknown>) => sql<Room>`
  select count(*)::int as count, max(s.position) as last, ${hasLiveParent(kind, parentId)} as "hasParent"
  from ${sql.table(kind.table)} as s
  where s.user_id = ${userParam} and s.deleted_at is null ${ofParent(kind, parentId)}`;

const hasLiveParent = ({ parent }: Pick<ItemKind, 'parent'>, parentId: RawBuilder<unknown>) =>
  parent === undefined
    ? sql<boolean>`true`
    : sql<boolean>`exists (select from ${sql.table(parent.table)} as p
        where p.user_id = ${userParam} and p.id = ${parentId} and p.deleted_at is null)`;

/** Reads what a new item has to fit in. */
export const roomQuery = (
  kind: Pick<ItemKind, 'noun' | 'table' | 'parent'>,
  userId: string,
  parentId: string | null,
): Query<Room> =>
  query(
    `room for a ${kind.noun}`,
    roomSql(kind, sql`${param('parent_id')}::uuid`),
    { user_id: userId, parent_id: parentId },
    ([room]) => room ?? { count: 0, last: null, hasParent: false },
  );

/** Whether the item that items of this kind belong to is live. */
export const hasParentQuery = (
  kind: Pick<ItemKind, 'noun' | 'parent'>,
  userId: string,
  parentId: string,
): Query<boolean> =>
  query(
    `parent of ${kind.noun}`,
    sql<{
      has_parent: boolean;
    }>`select ${hasLiveParent(kind, sql`${param('parent_id')}::uuid`)} as has_parent`,
    { user_id: userId, parent_id: parentId },
    ([row]) => row?.has_parent ?? false,
  );

export const storeItemCte = <I extends Item>(kind: ItemKind<I>, userId: string, item: Stored<I>): Cte => ({
  template: kind.upsert,
  params: { user_id: userId, rows: JSON.stringify([item]) },
});

/** Gives siblings of a moved item other positions. */
export const rebalanceCte = (
  { noun, table }: Pick<ItemKind, 'noun' | 'table'>,
  userId: string,
  siblings: readonly Positioned[],
  versionFloor: number,
): Cte => ({
  template: {
    name: `rebalance ${noun}`,
    sql: sql`rebalanced as (
      update ${sql.table(table)} as t set position = r.position, revision = ${revision},
        version = greatest(t.version + 1, ${param('version_floor')}::int), updated_at = (select now from stamp)
      from jsonb_to_recordset(${param('positions')}::text::jsonb) as r (id uuid, position text)
      where t.user_id = ${userParam} and t.id = r.id
    )`,
  },
  params: { user_id: userId, positions: JSON.stringify(siblings), version_floor: versionFloor },
});

/** Deletes rows of a table for good, and leaves tombstones for the feed. @param alias of the CTEs */
export const purgeSql = (noun: string, table: string, alias: string, condition: RawBuilder<unknown>) => sql`
  ${sql.id(alias)} as (
    delete from ${sql.table(table)} as t where t.user_id = ${userParam} and ${condition} returning t.id
  ), ${sql.id(`${alias}_tombstones`)} as (
    insert into duly.tombstones (user_id, type, id, revision)
    select ${userParam}, ${sql.lit(noun)}, id::text, ${revision} from ${sql.id(alias)}
  )`;

export const purgeItemCte = (
  { noun, table }: Pick<ItemKind, 'noun' | 'table'>,
  userId: string,
  id: string,
): Cte => ({
  template: {
    name: `purge ${noun}`,
    sql: purgeSql(noun, table, 'purged_item', sql`t.id = ${param('id')}::uuid`),
  },
  params: { user_id: userId, id },
});
