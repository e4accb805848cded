import { sql } from 'kysely';
import {
  boolean,
  type Column,
  column,
  createReader,
  enumeration,
  integer,
  jsonObject,
  nullable,
  type RowRef,
  selectColumns,
  type TableOf,
  text,
  timestamp,
  userIdColumn,
  uuid,
} from '../db/columns.ts';
import type { CteTemplate } from '../db/statements.ts';
import { param } from '../db/statements.ts';
import { recordsCte, upsertCte } from '../db/store-rows.ts';
import type { ChannelType } from '../senders/model.ts';
import type { Channel } from './model.ts';

/** The fields that responses show. */
export const channelColumns = {
  id: column(uuid, { setBy: 'creation' }),
  user_id: userIdColumn,
  type: column(enumeration<ChannelType>('text'), { setBy: 'creation' }),
  name: column(nullable(text), { setBy: 'client', default: null }),
  enabled: column(boolean, { setBy: 'client', default: true }),
  url: column(nullable(text), { setBy: 'creation' }),
  version: column(integer, { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  updated_at: column(timestamp, { setBy: 'server' }),
} satisfies { [Name in keyof Channel]: Column<Channel[Name]> };

const storedColumns = { ...channelColumns, secret: column(nullable(text), { setBy: 'server' }) };

declare module '../db/schema.ts' {
  interface Database {
    'duly.channels': TableOf<typeof storedColumns> & { revision: bigint };
  }
}

const row: RowRef = { alias: 't', userId: param('user_id') };
const revision = { recordType: null, setBy: 'server', insert: sql`(select revision from stamp)` } as const;

export const channelSelection = selectColumns(storedColumns, row);
export const readChannel = createReader(storedColumns);
export const channelJson = jsonObject(channelColumns, Object.keys(channelColumns), row);

const written = { ...storedColumns, revision };
export const storeChannelTemplate: CteTemplate = {
  name: 'channel',
  sql: sql`${recordsCte(written)}, ${upsertCte('duly.channels', ['user_id', 'id'], written)}`,
};
