import { type SqlBool, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Db } from '../db/schema.ts';

/** Contract §3: a killed session's tokens are dead within 1 s on every instance. */
const trustMs = 1_000;

/** @returns whether the session exists and has not expired. */
async function findLiveSession(db: Db, userId: string, sessionId: string): Promise<boolean> {
  const { rows } = await sql<{ live: SqlBool }>`
    select true as live from better_auth.session
    where id = ${sessionId} and "userId" = ${userId} and "expiresAt" > now()`.execute(db);
  return rows.length === 1;
}

async function deleteSession(db: Db, userId: string, sessionId: string): Promise<void> {
  await sql`delete from better_auth.session where id = ${sessionId} and "userId" = ${userId}`.execute(db);
}

export interface Sessions {
  isLive(userId: string, sessionId: string): Promise<boolean>;
  end(userId: string, sessionId: string): Promise<void>;
}

/** Sessions behind tokens. A live one is asked for at most once a second; one ended here is dead here at once. */
export function createSessions(db: Db): Sessions {
  const live = new LRUCache<string, true>({ max: 20_000, ttl: trustMs });
  return {
    async isLive(userId, sessionId) {
      if (live.has(sessionId)) return true;
      const start = performance.now();
      const found = await findLiveSession(db, userId, sessionId);
      // Trusted from the moment of the question: the session may have ended while the answer was under way.
      if (found) live.set(sessionId, true, { start });
      return found;
    },
    async end(userId, sessionId) {
      await deleteSession(db, userId, sessionId);
      live.delete(sessionId);
    },
  };
}
