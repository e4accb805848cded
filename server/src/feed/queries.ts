import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CursorScope } from '../db/cursors.ts';
import { belongsToEpoch } from '../db/epoch.ts';
import type { Noun } from '../db/noun.ts';
import type { Db } from '../db/schema.ts';
import { compileOnce, param } from '../db/statements.ts';
import { cursorExpired } from '../platform/errors.ts';
import { type Change, type ChangeListQuery, type NounType, nouns } from './model.ts';
import {
  decodeFeedCursor,
  deliveredRevision,
  encodeFeedCursor,
  endOfRevision,
  type FeedPosition,
  feedCursorScope,
  feedStart,
} from './position.ts';

export interface ChangePage {
  changes: Change[];
  /** Cursor after the last of them. */
  next: string;
  hasMore: boolean;
}

/**
 * What changed since a cursor.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export async function readChanges(
  db: Db,
  secrets: CursorScope['secrets'],
  userId: string,
  { since, limit }: Pick<ChangeListQuery, 'since' | 'limit'>,
): Promise<ChangePage> {
  const scope = feedCursorScope(secrets, userId);
  const position = since === undefined ? feedStart : decodeFeedCursor(since, scope);
  const { changes, next, hasMore } = await findChanges(db, userId, position, limit);
  return { changes, next: encodeFeedCursor(next, scope), hasMore };
}

export interface FeedPage {
  changes: Change[];
  /** After the last of them; after the newest revision when nothing follows. */
  next: FeedPosition;
  hasMore: boolean;
}

interface FeedOwnerRow {
  /** The epoch of the revisions. */
  epoch: string;
  version_floor: number;
  newest: number;
  /** Tombstones up to this revision may be deleted. */
  feed_from: number;
  /** Deletions up to this revision are left out. */
  initial_sync_revision: number;
}

interface FeedItemRow {
  changed_at: number;
  type: NounType;
  name: string;
  is_gone: boolean;
  /** What the items of the nouns are read from. */
  [value: string]: unknown;
}

type FeedRow = FeedOwnerRow & (FeedItemRow | { type: null });

/**
 * The changes after a position: each item once, at its newest revision, in its current state, ordered by revision, type
 * and id. One statement reads one snapshot, so the page is complete up to the user's revision in it. An item that is
 * found by itself (the profile) may be newer; it comes again at its new revision.
 * @throws AppError CURSOR_EXPIRED when tombstones after the position may be deleted, or its epoch is another one, or
 * its revision does not exist.
 */
export async function findChanges(
  db: Db,
  userId: string,
  position: FeedPosition,
  limit: number,
): Promise<FeedPage> {
  const { revision, type, id, initialSyncRevision } = position;
  const values = {
    user_id: userId,
    revision,
    type,
    id,
    initial_sync_revision: initialSyncRevision,
    limit: limit + 1,
  };
  const rows = await feedStatement(db, values);
  const [owner] = rows;
  if (owner === undefined) throw new Error('the feed query returned no row');
  const {
    newest,
    feed_from: from,
    initial_sync_revision: syncRevision,
    epoch,
    version_floor: versionFloor,
  } = owner;
  if (position.initialSyncRevision !== null && !belongsToEpoch(position.epoch, { id: epoch, versionFloor }))
    throw cursorExpired();
  if (
    from > Math.max(syncRevision, deliveredRevision(position)) ||
    Math.max(syncRevision, position.revision) > newest
  )
    throw cursorExpired();
  const found = rows.filter((row): row is FeedOwnerRow & FeedItemRow => row.type !== null);
  const page = found.slice(0, limit);
  const foundItems = await findItems(db, userId, page);
  const hasMore = found.length > limit;
  return {
    changes: page.map((row) => toChange(row, foundItems)),
    next: hasMore ? positionAfter(page.at(-1), found[limit], owner) : endOfRevision(epoch, newest),
    hasMore,
  };
}

/** The end of the revision, unless more of it follows. */
function positionAfter(
  last: FeedItemRow | undefined,
  following: FeedItemRow | undefined,
  { epoch, initial_sync_revision: initialSyncRevision }: FeedOwnerRow,
): FeedPosition {
  if (last === undefined) throw new Error('a page without rows has more rows');
  const { changed_at: revision, type, name: id } = last;
  return following?.changed_at === revision
    ? { epoch, revision, type, id, initialSyncRevision }
    : endOfRevision(epoch, revision, initialSyncRevision);
}

const userParam = param<string>('user_id');
const limitParam = param<number>('limit');
const initialSyncRevision = sql`(select initial_sync_revision from owner)`;
const and = sql` and `;

/**
 * Each noun is read along its index by revision, at most `limit` rows of it. Joins reach the rows of the page only.
 * During an initial sync, deletions before its start are skipped.
 */
const feedStatement = compileOnce<FeedRow>((db) =>
  sql<FeedRow>`
    with owner as (
      select coalesce(max(o.revision), 0) as newest, coalesce(max(o.feed_from), 0) as feed_from,
        coalesce(${param('initial_sync_revision')}::bigint, max(o.revision), 0) as initial_sync_revision,
        max(e.id) as epoch, max(e.version_floor) as version_floor
      from duly.epoch e left join duly.owners o on o.user_id = ${userParam}
    ), page as (
      ${sql.join([...nouns.map(selectChanged), selectTombstones], sql` union all `)}
      order by changed_at, type, name limit ${limitParam}
    )
    select owner.newest::float8, owner.feed_from::float8, owner.initial_sync_revision::float8, owner.epoch, owner.version_floor,
      page.changed_at::float8, page.type, page.name, page.is_gone, ${sql.join(nouns.flatMap(selectItem))}
    from owner
    left join page on true
    ${sql.join(nouns.flatMap(joinItems), sql` `)}
    order by page.changed_at, page.type, page.name`.compile(db),
);

/** Whether a change comes after the position. */
const isAfter = (revision: RawBuilder<unknown>, type: RawBuilder<unknown>, id: RawBuilder<unknown>) =>
  sql<SqlBool>`(${revision}, ${type} collate "C", ${id} collate "C")
    > (${param('revision')}::bigint, ${param('type')}::text, ${param('id')}::text)`;

function selectChanged(noun: Noun) {
  const { from, where, revision, id, orderBy, isLive } = noun.feed.rows(userParam);
  const type = sql.lit(noun.type);
  const isShown = isLive === null ? [] : [sql`(${isLive} or ${revision} > ${initialSyncRevision})`];
  return sql`(select ${revision} as changed_at, ${type} collate "C" as type, ${id} collate "C" as name,
      ${isLive === null ? sql`false` : sql`not (${isLive})`} as is_gone, ${valuesOf(noun)}
    from ${from}
    where ${sql.join([...where, isAfter(revision, type, id), ...isShown], and)}
    ${orderBy === null ? sql`` : sql`order by ${orderBy} limit ${limitParam}`})`;
}

const selectTombstones = sql`(select d.revision, d.type, d.id, true, ${valuesOf(null)}
    from duly.tombstones d
    where d.user_id = ${userParam} and ${isAfter(sql`d.revision`, sql`d.type`, sql`d.id`)} and d.revision > ${initialSyncRevision}
      ${sql.join(nouns.flatMap(hideTombstones), sql` `)}
    order by d.revision, d.type, d.id limit ${limitParam})`;

function hideTombstones({ type, feed }: Noun) {
  const existsAgain = feed.existsAgain?.(userParam, sql`d.id`);
  return existsAgain === undefined ? [] : [sql`and (d.type <> ${sql.lit(type)} or not ${existsAgain})`];
}

/** Every arm of the union has the values of all nouns: those of the other nouns are null. */
function valuesOf(noun: Noun | null) {
  const values = nouns.flatMap((other: Noun) =>
    Object.entries(other.feed.values).map(([name, { type, value }]) => {
      const valueOrNull = other.type === noun?.type ? value : sql`null::${sql.raw(type)}`;
      return sql`${valueOrNull} as ${sql.id(`${other.type}.${name}`)}`;
    }),
  );
  return sql.join(values);
}

function selectItem({ type, feed: { item, values } }: Noun) {
  if (item.from === 'join') return [item.columns(userParam)];
  return Object.keys(values).map((name) => sql`page.${sql.id(`${type}.${name}`)}`);
}

const joinItems = ({ feed: { item } }: Noun) => (item.from === 'join' ? [item.join(userParam)] : []);

/** The items that are not read from rows of the page, by type. */
async function findItems(
  db: Db,
  userId: string,
  page: readonly FeedItemRow[],
): Promise<ReadonlyMap<string, unknown>> {
  const items = new Map<string, unknown>();
  for (const { type, feed } of nouns)
    if (feed.item.from === 'find' && page.some((row) => row.type === type))
      items.set(type, await feed.item.find(db, userId));
  return items;
}

const nounsByType = new Map<string, Noun>(nouns.map((noun) => [noun.type, noun]));

function toChange(row: FeedItemRow, foundItems: ReadonlyMap<string, unknown>): Change {
  const { changed_at: revision, type, name: id, is_gone: isGone } = row;
  const item = nounsByType.get(type)?.feed.item;
  if (isGone || item === undefined) return { revision, type, id, op: 'delete' };
  const change: Change = { revision, type, id, op: 'upsert' };
  return Object.assign(change, { [type]: item.from === 'find' ? foundItems.get(type) : item.read(row, id) });
}
