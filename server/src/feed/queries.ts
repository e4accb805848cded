import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { belongsToEpoch } from '../db/epoch.ts';
import type { Db } from '../db/schema.ts';
import { cursorExpired } from '../platform/errors.ts';
import { findProfile } from '../profiles/queries.ts';
import { type TaskRow, taskColumns, toTask } from '../tasks/row.ts';
import type { Change } from './model.ts';
import { deliveredRevision, endOfRevision, type FeedPosition } from './position.ts';

export interface FeedPage {
  changes: Change[];
  /** Behind the last of them; behind all there is when nothing follows. */
  next: FeedPosition;
  hasMore: boolean;
}

interface FeedOwnerRow {
  /** Of the history that the revisions count in. */
  epoch: string;
  version_floor: number;
  newest: number;
  /** Deletions up to this revision may be forgotten. */
  feed_from: number;
  /** Deletions up to this revision are not told. */
  base: number;
}

interface FeedItemRow {
  changed_at: number;
  type: Change['type'];
  name: string;
  is_gone: boolean;
  usage_count: number | null;
}

type FeedRow = FeedOwnerRow & {
  [Column in keyof (FeedItemRow & TaskRow)]: (FeedItemRow & TaskRow)[Column] | null;
};

/**
 * What changed behind a place: each thing once, at its newest revision, as it is now, ordered by revision, type and id.
 * One statement, so that all of it is of one moment, and complete up to the user's revision then. Only a profile may be
 * newer than that; it comes again at the revision of that change.
 * @throws AppError CURSOR_EXPIRED when deletions behind the place may be forgotten, or it is of another epoch, or no
 * such place exists.
 */
export async function findChanges(
  db: Db,
  userId: string,
  position: FeedPosition,
  limit: number,
): Promise<FeedPage> {
  const { rows } = await feedStatement(userId, position, limit + 1).execute(db);
  const [owner] = rows;
  if (owner === undefined) throw new Error('no answer to a question that always has one');
  const { newest, feed_from: from, base, epoch, version_floor: versionFloor } = owner;
  if (position.initialSyncRevision !== null && !belongsToEpoch(position.epoch, { id: epoch, versionFloor }))
    throw cursorExpired();
  if (from > Math.max(base, deliveredRevision(position)) || Math.max(base, position.revision) > newest)
    throw cursorExpired();
  const found = rows.filter((row): row is FeedRow & FeedItemRow => row.type !== null);
  const page = found.slice(0, limit);
  const profile = page.some(({ type }) => type === 'profile') ? await findProfile(db, userId) : undefined;
  const hasMore = found.length > limit;
  return {
    changes: page.map((row) => toChange(row, profile)),
    next: hasMore ? positionAfter(page.at(-1), found[limit], owner) : endOfRevision(epoch, newest),
    hasMore,
  };
}

/** Where nothing more of a revision follows, the place is behind all of it. */
function positionAfter(
  last: (FeedRow & FeedItemRow) | undefined,
  following: (FeedRow & FeedItemRow) | undefined,
  { epoch, base }: FeedOwnerRow,
): FeedPosition {
  if (last === undefined) throw new Error('something follows nothing');
  const { changed_at: revision, type, name: id } = last;
  return following?.changed_at === revision
    ? { epoch, revision, type, id, initialSyncRevision: base }
    : endOfRevision(epoch, revision, base);
}

/**
 * Each kind of thing is read along its index by revision, at most `limit` of it; tasks only for the rows of the page.
 * Deletions that a walk from nothing need not know of are skipped where they stand. A tag that came back may have left
 * a tombstone; `offset 0` keeps that look-up from being turned into a join over all of the tags.
 */
export function feedStatement(
  userId: string,
  { revision, type, id, initialSyncRevision: base }: FeedPosition,
  limit: number,
) {
  const after = (at: RawBuilder<unknown>, kind: RawBuilder<unknown>, name: RawBuilder<unknown>) =>
    sql<SqlBool>`(${at}, ${kind} collate "C", ${name} collate "C") > (${revision}::bigint, ${type}::text, ${id}::text)`;
  return sql<FeedRow>`
    with owner as (
      select coalesce(max(o.revision), 0) as newest, coalesce(max(o.feed_from), 0) as feed_from,
        coalesce(${base}::bigint, max(o.revision), 0) as base,
        max(e.id) as epoch, max(e.version_floor) as version_floor
      from duly.epoch e left join duly.owners o on o.user_id = ${userId}
    ), page as (
      (select t.revision as changed_at, 'task' collate "C" as type, t.id::text collate "C" as name, t.id as task_id,
          t.deleted_at is not null as is_gone, null::integer as usage_count
        from duly.tasks t
        where t.user_id = ${userId} and ${after(sql`t.revision`, sql`'task'`, sql`t.id::text`)}
          and (t.deleted_at is null or t.revision > (select base from owner))
        order by t.revision, t.id limit ${limit})
      union all
      (select g.revision, 'tag', g.name, null, g.usage_count <= 0, g.usage_count
        from duly.tags g
        where g.user_id = ${userId} and ${after(sql`g.revision`, sql`'tag'`, sql`g.name`)}
          and (g.usage_count > 0 or g.revision > (select base from owner))
        order by g.revision, g.name limit ${limit})
      union all
      (select d.revision, d.type, d.id, null, true, null
        from duly.tombstones d
        where d.user_id = ${userId} and ${after(sql`d.revision`, sql`d.type`, sql`d.id`)}
          and d.revision > (select base from owner)
          and (d.type <> 'tag' or not exists (
            select from duly.tags g where g.user_id = ${userId} and g.name = d.id offset 0))
        order by d.revision, d.type, d.id limit ${limit})
      union all
      (select changed_at, 'profile', ${userId}::text, null, false, null from (${profileRevision(userId)}) as p
        where ${after(sql`changed_at`, sql`'profile'`, sql`${userId}::text`)})
      order by changed_at, type, name limit ${limit}
    )
    select owner.newest::float8, owner.feed_from::float8, owner.base::float8, owner.epoch, owner.version_floor,
      page.changed_at::float8, page.type, page.name, page.is_gone, page.usage_count, ${sql.join(taskColumns(sql`${userId}`))}
    from owner
    left join page on true
    left join duly.tasks t on t.user_id = ${userId} and t.id = page.task_id and not page.is_gone
    order by page.changed_at, page.type, page.name`;
}

/**
 * There is always a profile. Before it was ever changed, it shows when its user's first write was, so that is a change
 * too.
 */
const profileRevision = (userId: string) => sql`
  select coalesce(p.revision, case when o.user_id is null then 0 else 1 end) as changed_at
  from (select) as asked
  left join duly.owners o on o.user_id = ${userId}
  left join duly.profiles p on p.user_id = ${userId}`;

function toChange(row: FeedRow & FeedItemRow, profile: Change['profile']): Change {
  const { changed_at: revision, type, name: id, is_gone: isGone, usage_count: count } = row;
  const change = { revision, type, id };
  if (type === 'profile') return { ...change, op: 'upsert', ...(profile && { profile }) };
  if (type === 'task' && isTask(row)) return { ...change, op: 'upsert', task: toTask(row) };
  if (type === 'tag' && !isGone && count !== null)
    return { ...change, op: 'upsert', tag: { name: id, usage_count: count } };
  return { ...change, op: 'delete' };
}

const isTask = (row: FeedRow): row is FeedRow & TaskRow => row.id !== null;
