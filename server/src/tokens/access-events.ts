import { sql } from 'kysely';
import type { Epoch } from '../db/epoch.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';

/** A decision about a token or user takes effect within 1 s on every instance. */
const defaultMaxAgeMs = 900;
/** Older news are followed up in the background, so that nobody waits for them. */
const refreshMs = 300;
/** Events are kept for an hour; whoever slept for longer starts anew. */
const maxGapMs = 30 * 60_000;
/** How long what was last heard may do for stale answers while the database is away. */
const staleReadsMaxAgeMs = 5 * 60_000;

interface AccessEventBatch {
  position: string;
  locked: boolean;
  epoch: string;
  version_floor: number;
  events: [id: string, userId: string, session: string | null][];
}

/**
 * What changed since a place in `access_events`, in one look, which is also where another epoch is noticed.
 * Transactions older than the place it returns have all ended, so whoever goes on from there misses none; events may
 * come again.
 */
async function findAccessEvents(db: Db, since: string | null): Promise<AccessEventBatch> {
  const { rows } = await sql<AccessEventBatch>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as position,
      exists (select from duly.service_lock) as locked, epoch.id as epoch, epoch.version_floor,
      coalesce((select jsonb_agg(jsonb_build_array(id::text, user_id, session)) from duly.access_events
        where xact >= ${since}::xid8), '[]') as events
    from duly.check_epoch() as epoch`.execute(db);
  if (rows[0] === undefined) throw new Error('no answer to a question that always has one');
  return rows[0];
}

/** What is decided on any instance, as far as it was heard of. */
export interface AccessEvents {
  /**
   * Nothing when the news are fresh enough, by default for a request; else a promise to wait for. Rejects, within 2 s,
   * when the database is away.
   */
  refresh(maxAgeMs?: number): Promise<void> | undefined;
  /** Whether the last news are young enough for answers that may be stale, though `refresh` rejects. */
  allowsStaleReads(): boolean;
  /** Whether the kill switch is on, as of the last `refresh`. */
  isLocked(): boolean;
  /** The epoch, as of the last `refresh`; null before the first. */
  epoch(): Epoch | null;
}

interface AccessEventsHandlers {
  /** Something of a user was decided, or a session or token has ended. Called once for each event. */
  onEvent(userId: string, session: string | null): void;
  /** Nothing that was known holds any more: too long a silence, or another database than before. */
  onReset(): void;
}

/** Hears of what changes from one question for all requests, asked only while there are some. */
export function createAccessEvents(
  db: Db,
  { onEvent, onReset: onSetBack }: AccessEventsHandlers,
): AccessEvents {
  let position: string | null = null;
  /** The events of the last answer; they come again while an older transaction is under way. */
  let seenEventIds = new Set<string>();
  let polledAt = Number.NEGATIVE_INFINITY;
  let lastPollTime = Date.now();
  let polling: Promise<void> | undefined;
  let locked = false;
  let epoch: Epoch | null = null;

  async function poll(): Promise<void> {
    const begin = performance.now();
    const batch = await findAccessEvents(db, position);
    // After a deadline somebody else has asked, and heard what is newer.
    if (begin < polledAt) return;
    const isGap = Date.now() - lastPollTime > maxGapMs;
    // A smaller position is that of another database, such as a restored one.
    const isOtherDatabase =
      (position !== null && BigInt(batch.position) < BigInt(position)) ||
      (epoch !== null && epoch.id !== batch.epoch);
    epoch = { id: batch.epoch, versionFloor: batch.version_floor };
    if (isGap || isOtherDatabase) onSetBack();
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
      // Nobody waits for this one; should it fail, somebody will for the next.
      polling.catch(() => undefined);
      return undefined;
    },
    allowsStaleReads: () => performance.now() - polledAt < staleReadsMaxAgeMs,
    isLocked: () => locked,
    epoch: () => epoch,
  };
}
