import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { twoDigits } from '../dates/days.ts';
import { canonicalZone, offsetMinutesAt } from '../dates/zones.ts';
import { isInvalidValue } from '../db/failures.ts';
import type { Db } from '../db/schema.ts';
import { executeQuery, query } from '../db/statements.ts';
import { AppError } from '../platform/errors.ts';
import { entryLimit } from '../platform/lru.ts';
import { userZone } from '../writes/stamps.ts';

/** What a user's clock shows. */
export interface UserClock {
  /** The IANA name in the profile. */
  zone: string;
  now: Date;
}

/** The zones of users' profiles as they were last read, without those that have the default. */
const lastZones = new LRUCache<string, string>(entryLimit(10_000));
const defaultZone = 'UTC';

/**
 * Runs `read` with the zone of the user's profile, without a statement for the zone. `read` gets the zone that was read
 * last, and returns the current one from the snapshot of its data. It runs again if the two differ, and if it refused
 * the request because of an outdated zone.
 */
export async function inUserZone<T extends { zone: string }>(
  db: Db,
  userId: string,
  read: (zone: string) => Promise<T>,
): Promise<T> {
  for (;;) {
    const assumed = lastZones.get(userId) ?? defaultZone;
    const found = await read(assumed).catch((error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    });
    const zone = found instanceof AppError ? await findUserZone(db, userId) : found.zone;
    if (zone === defaultZone) lastZones.delete(userId);
    else lastZones.set(userId, zone);
    if (zone !== assumed) continue;
    if (found instanceof AppError) throw found;
    return found;
  }
}

const findUserZone = (db: Db, userId: string): Promise<string> =>
  executeQuery(
    db,
    query('zone of user', userZoneSql, { user_id: userId }, ([row]) => row?.zone ?? defaultZone),
  );

const userZoneSql = sql<{ zone: string }>`select ${userZone} as zone`;

/** The name by which the database knows a zone; null: it does not know the zone. Only zones that were asked for. */
const databaseNames = new LRUCache<string, { name: string | null }>(entryLimit(600));

function databaseNameOf(zone: string): { name: string | null } {
  const known = databaseNames.get(zone);
  if (known !== undefined) return known;
  const found = { name: canonicalZone(zone) };
  databaseNames.set(zone, found);
  return found;
}

/**
 * Runs `read` with a zone that the database knows. For an unknown zone, that is its current offset.
 * @param read gets the name for `at time zone`
 */
export async function inDatabaseZone<T>(
  { zone, now }: UserClock,
  read: (databaseZone: string) => Promise<T>,
): Promise<T> {
  const { name } = databaseNameOf(zone);
  if (name !== null) {
    try {
      return await read(name);
    } catch (error) {
      if (!isInvalidValue(error)) throw error;
      databaseNames.set(zone, { name: null });
    }
  }
  return read(offsetZone(offsetMinutesAt(zone, now)));
}

/** In the format of POSIX, whose offsets are west of UTC. */
function offsetZone(minutesEast: number): string {
  const minutes = Math.abs(minutesEast);
  const sign = minutesEast < 0 ? '+' : '-';
  return `<local>${sign}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
