import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { deleteSession } from '../accounts/access-queries.ts';
import { retryRead } from '../db/retry-read.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { serviceUnavailable } from '../platform/errors.ts';
import { entryLimit } from '../platform/lru.ts';
import { type AccessEvents, createAccessEvents } from './access-events.ts';
import type { Identity, Role } from './identity.ts';
import { TokenRefusal } from './token-refusals.ts';

const maxCached = 50_000;

interface UserAccess {
  role: Role;
  banned: boolean;
  tokensValidFrom: number | null;
}

interface AccessRow {
  role: string | null;
  banned: boolean;
  valid_from: Date | null;
  /** When the session expires, or the token of another issuer; null when the session ended or the token was revoked. */
  accepted_until: Date | null;
}

async function findAccess(db: Db, identity: Identity): Promise<UserAccess & { acceptedUntil: Date | null }> {
  const { userId, sessionId, tokenHash, expiresAt } = identity;
  const { rows } = await sql<AccessRow>`
    select u.role, coalesce(a.banned_at is not null, false) as banned,
      greatest(a.tokens_valid_from, (select tokens_valid_from from duly.epoch)) as valid_from,
      case when ${sessionId}::text is not null then
        (select "expiresAt" from better_auth.session
          where id = ${sessionId} and "userId" = ${userId} and "expiresAt" > now())
      when not exists (select from duly.revoked_tokens where user_id = ${userId} and token_hash = ${tokenHash}) then
        to_timestamp(${expiresAt}) end as accepted_until
    from (select) as one_row
    left join duly.user_access a on a.user_id = ${userId}
    left join better_auth."user" u on u.id = ${userId}`.execute(db);
  const [found] = rows;
  return {
    role: found?.role === 'admin' ? 'admin' : 'user',
    banned: found?.banned ?? false,
    tokensValidFrom: found?.valid_from?.getTime() ?? null,
    acceptedUntil: found?.accepted_until ?? null,
  };
}

async function revokeToken(db: Db, { userId, tokenHash, expiresAt }: Identity): Promise<void> {
  await sql`
    with outdated as (delete from duly.revoked_tokens where user_id = ${userId} and expires_at < now())
    insert into duly.revoked_tokens (user_id, token_hash, expires_at)
    values (${userId}, ${tokenHash}, to_timestamp(${expiresAt})) on conflict do nothing`.execute(db);
}

/** Roles, bans, ended sessions and revoked tokens, from a cache that the access events keep current. */
export interface AccessControl extends AccessEvents {
  /**
   * The role of a token's user, as of the last `refresh`; null when the token is refused.
   * @throws AppError SERVICE_UNAVAILABLE when the database is down and token or user are not cached.
   */
  findRole(identity: Identity, isDatabaseUnavailable: boolean): Promise<Role | null>;
  /** `findRole` from the cache alone; undefined on a miss. */
  cachedRole(identity: Identity): Role | null | undefined;
  /** Why `findRole` has just returned null, from the cache alone. */
  refusalOf(identity: Identity): TokenRefusal;
  /**
   * Ends the session of this server's token, or revokes another issuer's token. In force at once in this process, and
   * within 1 s elsewhere.
   */
  revoke(db: Db, identity: Identity): Promise<void>;
}

/**
 * Loads each token and user once, and removes from the cache those that an access event names. A common request needs
 * no query.
 * @param onReset called when the cache was emptied: after a long gap, or when another epoch of the database began
 */
export function createAccessControl(db: Db, onReset: () => void): AccessControl {
  const users = new LRUCache<string, UserAccess>(entryLimit(maxCached));
  const acceptedKeys = new LRUCache<string, true>(entryLimit(maxCached));
  /**
   * Ended sessions and revoked tokens. They stay refused, so they are cached: sent again and again, they must not load
   * the database.
   */
  const refusedKeys = new LRUCache<string, true>(entryLimit(maxCached));
  /** Raised by every access event, to detect one that arrived while a query ran: its result may be outdated. */
  let changeCount = 0;

  const events = createAccessEvents(db, {
    onEvent(userId, session) {
      users.delete(userId);
      if (session !== null) acceptedKeys.delete(session);
      changeCount += 1;
    },
    onReset() {
      for (const cache of [users, acceptedKeys, refusedKeys]) cache.clear();
      onReset();
      changeCount += 1;
    },
  });

  async function loadAccess(identity: Identity): Promise<Role | null> {
    const key = identity.sessionId ?? identity.tokenHash ?? '';
    const changesBefore = changeCount;
    const { acceptedUntil, ...user } = await withDeadline(retryRead(() => findAccess(db, identity)));
    const ttl = acceptedUntil === null ? 0 : acceptedUntil.getTime() - Date.now();
    const isCurrent = changeCount === changesBefore;
    if (ttl <= 0) {
      if (isCurrent) refusedKeys.set(key, true);
      return null;
    }
    if (isCurrent) {
      users.set(identity.userId, user);
      acceptedKeys.set(key, true, { ttl });
    }
    return effectiveRole(identity, user);
  }

  const cachedRole = (identity: Identity) => roleFromCache({ users, acceptedKeys, refusedKeys }, identity);

  return {
    ...events,
    cachedRole,
    refusalOf: (identity) => refusalOf(identity, users.peek(identity.userId)),
    async findRole(identity, isDatabaseUnavailable) {
      const role = cachedRole(identity);
      if (role === undefined && isDatabaseUnavailable) throw serviceUnavailable();
      return role === undefined ? loadAccess(identity) : role;
    },
    async revoke(db, identity) {
      const { userId, sessionId } = identity;
      await (sessionId === null ? revokeToken(db, identity) : deleteSession(db, userId, sessionId));
      acceptedKeys.delete(identity.sessionId ?? identity.tokenHash ?? '');
    },
  };
}

interface AccessCache {
  users: LRUCache<string, UserAccess>;
  acceptedKeys: LRUCache<string, true>;
  refusedKeys: LRUCache<string, true>;
}

function roleFromCache(cache: AccessCache, identity: Identity): Role | null | undefined {
  const { users, acceptedKeys, refusedKeys } = cache;
  const key = identity.sessionId ?? identity.tokenHash;
  if (key === null || refusedKeys.has(key)) return null;
  const user = acceptedKeys.has(key) ? users.get(identity.userId) : undefined;
  return user && effectiveRole(identity, user);
}

function effectiveRole(identity: Identity, user: UserAccess): Role | null {
  if (user.banned || isIssuedBeforeCutoff(identity, user)) return null;
  // Other issuers' tokens never have the admin role: their signing secret may be shared with front ends.
  return identity.sessionId === null ? 'user' : user.role;
}

/** Applies to other issuers' tokens only: this server's end with their session. Without `iat` a token is refused. */
function isIssuedBeforeCutoff({ sessionId, issuedAt }: Identity, { tokensValidFrom }: UserAccess): boolean {
  if (sessionId !== null || tokensValidFrom === null) return false;
  return issuedAt === null || issuedAt * 1000 < tokensValidFrom;
}

function refusalOf(identity: Identity, user: UserAccess | undefined): TokenRefusal {
  if (user?.banned) return new TokenRefusal('user banned', 'a user who is not banned');
  if (user !== undefined && isIssuedBeforeCutoff(identity, user))
    return new TokenRefusal('issued before the sessions of its user were ended', 'a later iat');
  return new TokenRefusal('session ended or token logged out', 'a token of a new log-in');
}
