import { sql } from 'kysely';
import type { Epoch } from '../db/epoch.ts';
import { retryRead } from '../db/retry-read.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';

/** Bans, revocations and role changes are in force within 1 s on every instance: 900 ms, and the time of the query. */
const defaultMaxAgeMs = 900;
/** From this age on a poll runs in the background, so that requests seldom wait for one. */
const refreshMs = 300;
/** Events are deleted after an hour. After a longer gap some may be missing, so everything cached is void. */
const maxGapMs = 30 * 60_000;
/** While the database is down: the age up to which the last poll suffices for stale responses. */
const staleReadsMaxAgeMs = 5 * 60_000;

interface AccessEventBatch {
  /** `pg_snapshot_xmin`: every older transaction has ended. */
  position: string;
  locked: boolean;
  epoch: string;
  version_floor: number;
  events: [id: string, userId: string, session: string | null][];
}

/**
 * Reads access events, service lock and epoch in one statement. The next call starts from the returned `position`: no
 * event is missed, because every transaction older than it has ended. Some events are returned twice.
 * @param since an earlier `position`; null: no events
 */
async function findAccessEvents(db: Db, since: string | null): Promise<AccessEventBatch> {
  const { rows } = await sql<AccessEventBatch>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as position,
      exists (select from duly.service_lock) as locked, epoch.id as epoch, epoch.version_floor,
      coalesce((select jsonb_agg(jsonb_build_array(id::text, user_id, session)) from duly.access_events
        where xact >= ${since}::xid8), '[]') as events
    from duly.check_epoch() as epoch`.execute(db);
  if (rows[0] === undefined) throw new Error('the query of the access events returned no row');
  return rows[0];
}

export interface AccessEvents {
  /**
   * Polls if the last poll is 300 ms old.
   * @param maxAgeMs maximum age of the last poll; 900 ms by default
   * @returns undefined if the last poll is recent enough, else a promise of the poll. It rejects within 2 s when the
   * database is down.
   */
  refresh(maxAgeMs?: number): Promise<void> | undefined;
  /** Whether the last poll is recent enough (5 min) to serve stale responses although `refresh` rejects. */
  allowsStaleReads(): boolean;
  /** Whether the service lock is set, as of the last poll. */
  isLocked(): boolean;
  /** The epoch, as of the last poll; null before the first. */
  epoch(): Epoch | null;
}

interface AccessEventsHandlers {
  /**
   * Called once for each event: a change of the user's role or ban, or the end of a session or token.
   * @param session the session id or token hash; null: all of the user's
   */
  onEvent(userId: string, session: string | null): void;
  /** Called when everything cached is void: after a gap of 30 min, or on another epoch. */
  onReset(): void;
}

/** Polls the access events in one statement for all requests. Without requests nothing is polled. */
export function createAccessEvents(db: Db, { onEvent, onReset }: AccessEventsHandlers): AccessEvents {
  let position: string | null = null;
  /** The ids of the last batch: an event is returned again while an older transaction is running. */
  let seenEventIds = new Set<string>();
  let polledAt = Number.NEGATIVE_INFINITY;
  let lastPollTime = Date.now();
  let polling: Promise<void> | undefined;
  let locked = false;
  let epoch: Epoch | null = null;

  async function poll(): Promise<void> {
    const begin = performance.now();
    const batch = await retryRead(() => findAccessEvents(db, position));
    // A poll that exceeded its deadline goes on. Its result is discarded if a later poll has ended.
    if (begin < polledAt) return;
    const isGap = Date.now() - lastPollTime > maxGapMs;
    // Transaction ids only grow: a smaller position means another database, such as a restored backup.
    const isOtherDatabase =
      (position !== null && BigInt(batch.position) < BigInt(position)) ||
      (epoch !== null && epoch.id !== batch.epoch);
    epoch = { id: batch.epoch, versionFloor: batch.version_floor };
    if (isGap || isOtherDatabase) onReset();
    for (const [id, userId, session] of batch.events) if (!seenEventIds.has(id)) onEvent(userId, session);
    seenEventIds = new Set(batch.events.map(([id]) => id));
    ({ position, locked } = batch);
    lastPollTime = Date.now();
    polledAt = begin;
  }

  return {
    refresh(maxAgeMs = defaultMaxAgeMs) {
      const ageMs = performance.now() - polledAt;
      if (ageMs < refreshMs) return undefined;
      polling ??= withDeadline(poll()).finally(() => {
        polling = undefined;
      });
      if (ageMs >= maxAgeMs) return polling;
      // A failure here needs no handling: once the last poll is too old, requests wait for the next and see its error.
      polling.catch(() => undefined);
      return undefined;
    },
    allowsStaleReads: () => performance.now() - polledAt < staleReadsMaxAgeMs,
    isLocked: () => locked,
    epoch: () => epoch,
  };
}
