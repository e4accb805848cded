import { sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, readPage } from '../db/keyset-page.ts';
import type { SortOrder } from '../db/page-order.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, executeQuery, param, type Query, query } from '../db/statements.ts';
import type { ItemListQuery } from '../items/model.ts';
import { purgeSql } from '../items/queries.ts';
import { channelJson, channelSelection, readChannel, storeChannelTemplate } from './columns.ts';
import type { Channel } from './model.ts';

/** A channel with its sealed secret: of a webhook, the key that signs; of push, the subscription. */
export interface StoredChannel extends Channel {
  secret: string | null;
}

const userParam = param('user_id');

type Row = Readonly<Record<string, unknown>>;

export const showChannel = ({ secret: _, ...channel }: StoredChannel): Channel => channel;

/** All channels of the user: there are few. */
export const storedChannelsQuery = (userId: string): Query<StoredChannel[]> =>
  query('channels', storedChannelsSql, { user_id: userId }, (rows) => rows.map(readChannel));

const storedChannelsSql = sql<Row>`select ${channelSelection} from duly.channels as t
  where t.user_id = ${userParam} order by t.created_at, t.id`;

export const storedChannelQuery = (userId: string, id: string): Query<StoredChannel | undefined> =>
  query('channel', storedChannelSql, { user_id: userId, id }, ([row]) =>
    row === undefined ? undefined : readChannel(row),
  );

const storedChannelSql = sql<Row>`select ${channelSelection} from duly.channels as t
  where t.user_id = ${userParam} and t.id = ${param('id')}::uuid`;

/** @returns null when this user has none of that id. */
export async function findChannel(db: Db, userId: string, id: string): Promise<Channel | null> {
  const found = await executeQuery(db, storedChannelQuery(userId, id));
  return found === undefined ? null : showChannel(found);
}

/** The address that mail to this user goes to: that of the account, if it is confirmed. */
export const verifiedAddressQuery = (userId: string): Query<string | null> =>
  query('verified address', verifiedAddressSql, { user_id: userId }, ([row]) => row?.email ?? null);

const verifiedAddressSql = sql<{ email: string }>`
  select email from better_auth."user" where id = ${userParam} and "emailVerified"`;

/** What a creation depends on. */
export interface ChannelRoom {
  channels: StoredChannel[];
  hasVerifiedAddress: boolean;
}

export const channelRoomQuery = (userId: string): Query<ChannelRoom> =>
  query('room for a channel', channelRoomSql, { user_id: userId }, (rows) => ({
    channels: rows.flatMap((row) => (row.id === null ? [] : [readChannel(row)])),
    hasVerifiedAddress: rows.some((row) => row.has_verified_address === true),
  }));

const channelRoomSql = sql<Row>`
  select one.has_verified_address, c.* from (
    select exists (${verifiedAddressSql}) as has_verified_address
  ) as one left join (${storedChannelsSql}) as c on true`;

export const storeChannelCte = (userId: string, channel: StoredChannel): Cte => ({
  template: storeChannelTemplate,
  params: { user_id: userId, rows: JSON.stringify([channel]) },
});

export const deleteChannelCte = (userId: string, id: string): Cte => ({
  template: {
    name: 'delete channel',
    sql: purgeSql('channel', 'duly.channels', 'deleted_channel', sql`t.id = ${param('id')}::uuid`),
  },
  params: { user_id: userId, id },
});

const oldestFirst: SortOrder = {
  key: sql`t.created_at`,
  name: 'created_at',
  keyText: isoText(sql`t.created_at`),
  keyFromText: (text) => sql`${text}::timestamptz`,
  direction: 'asc',
  nullable: false,
};

/**
 * A page of the user's channels, the oldest first.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function readChannelPage(
  db: Db,
  userId: string,
  listQuery: ItemListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const source = {
    table: 'duly.channels',
    shape: '',
    where: [],
    json: channelJson,
    params: { user_id: userId },
    materialize: false,
    hasUnfoldedRows: null,
  };
  return readPage({ ...keys, scope: [userId, 'channels'] }, listQuery, (request) =>
    findPage(db, source, oldestFirst, request),
  );
}
