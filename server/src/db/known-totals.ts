import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { entryLimit } from '../platform/lru.ts';
import { isoText } from './columns.ts';
import type { PageRow } from './page-statement.ts';
import type { Db } from './schema.ts';
import { compileOncePerShape, type ParamValues, param } from './statements.ts';

/** What this process knows of the totals of long lists, for `page-totals.ts`. */

/** Lists with fewer rows are counted each time. */
const longList = 5_000;
/** Rows of a chunk, when the chunks are made. */
const chunkRows = 2_000;
/** New rows make the last chunk longer. Then the chunks are made anew. */
const maxLastRows = 5 * chunkRows;

interface KnownTotal {
  /** The `starts` of the user's chunks when they were counted. */
  starts: string;
  counts: string;
  epoch: string;
  revision: bigint;
  total: number;
}

/** Where the chunks of users with a long list begin, by table and user: the text of an array; null: not read yet. */
const startsOfUsers = new LRUCache<string, { starts: string | null }>(entryLimit(500));
const knownTotals = new LRUCache<string, KnownTotal>(entryLimit(5_000));

const chunkStatements = compileOncePerShape<{ starts: string }>();

const keyOf = (table: string, userId: string) => JSON.stringify([table, userId]);

export interface ListTotal {
  /** The parameters of a total in chunks; null: count all. */
  params: ParamValues | null;
  /** At its last count; 0: not counted yet, or the user has no long list. */
  lastTotal: number;
  /** Remembers what the statement has counted. */
  remember(row: PageRow): void;
}

/**
 * @param table has `created_at`, `revision` and `deleted_at`, and tombstones of the type 'task' for rows that are gone
 * @param list names the list among those of the user; only writes of that user change how many rows it has
 */
export async function totalOf(db: Db, table: string, userId: string, list: string): Promise<ListTotal> {
  const userKey = keyOf(table, userId);
  const user = startsOfUsers.get(userKey);
  if (user === undefined)
    return {
      params: null,
      lastTotal: 0,
      remember({ total }) {
        if (total >= longList) startsOfUsers.set(userKey, { starts: null });
      },
    };
  const starts = user.starts ?? (await findChunkStarts(db, table, userId));
  user.starts = starts;
  const key = JSON.stringify([table, userId, list]);
  const last = knownTotals.get(key);
  const known = last?.starts === starts ? last : undefined;
  const { counts = '', epoch = '', revision = 0n } = known ?? {};
  return {
    params: {
      chunk_starts: `{${starts}}`,
      chunk_counts: `{${counts}}`,
      counted_epoch: epoch,
      counted_revision: String(revision),
    },
    lastTotal: known?.total ?? 0,
    remember(row) {
      const counted = { starts, total: row.total, ...readCounts(row) };
      // A replica may be behind.
      if (counted.epoch === knownTotals.get(key)?.epoch && counted.revision < revision) return;
      knownTotals.set(key, counted);
      if (Number(counted.counts.slice(counted.counts.lastIndexOf(',') + 1)) > maxLastRows) user.starts = null;
    },
  };
}

const readCounts = ({ counts, counted_epoch, counted_revision }: PageRow) => ({
  counts: counts?.toString() ?? '',
  epoch: counted_epoch?.toString() ?? '',
  revision: BigInt(counted_revision?.toString() ?? 0),
});

/** Each chunk begins at a time of creation, and the first one before all. */
async function findChunkStarts(db: Db, table: string, userId: string): Promise<string> {
  const read = chunkStatements(table, (on) =>
    sql<{
      starts: string;
    }>`select concat_ws(',', '-infinity', string_agg(distinct ${isoText(sql`t.created_at`)}, ',')) as starts
      from (
        select o.created_at, row_number() over (order by o.created_at, o.id) as number
        from ${sql.table(table)} as o where o.user_id = ${param('user_id')} and o.deleted_at is null
      ) as t where t.number % ${sql.lit(chunkRows)} = 0`.compile(on),
  );
  const [row] = await read(db, { user_id: userId });
  return row?.starts ?? '-infinity';
}
