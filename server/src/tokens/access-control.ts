import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { deleteSession } from '../accounts/access-queries.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { serviceUnavailable } from '../platform/errors.ts';
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
  /** When the token itself stops being good: with its session, or never; null when it is dead. */
  live_until: Date | null;
}

async function findAccess(db: Db, identity: Identity): Promise<UserAccess & { liveUntil: Date | null }> {
  const { userId, sessionId, tokenHash, expiresAt } = identity;
  const { rows } = await sql<AccessRow>`
    select u.role, coalesce(a.banned_at is not null, false) as banned, a.tokens_valid_from as valid_from,
      case when ${sessionId}::text is not null then
        (select "expiresAt" from better_auth.session
          where id = ${sessionId} and "userId" = ${userId} and "expiresAt" > now())
      when not exists (select from duly.revoked_tokens where user_id = ${userId} and token_hash = ${tokenHash}) then
        to_timestamp(${expiresAt}) end as live_until
    from (select) as asked
    left join duly.user_access a on a.user_id = ${userId}
    left join better_auth."user" u on u.id = ${userId}`.execute(db);
  const [found] = rows;
  return {
    role: found?.role === 'admin' ? 'admin' : 'user',
    banned: found?.banned ?? false,
    tokensValidFrom: found?.valid_from?.getTime() ?? null,
    liveUntil: found?.live_until ?? null,
  };
}

async function revokeToken(db: Db, { userId, tokenHash, expiresAt }: Identity): Promise<void> {
  await sql`
    with outdated as (delete from duly.revoked_tokens where user_id = ${userId} and expires_at < now())
    insert into duly.revoked_tokens (user_id, token_hash, expires_at)
    values (${userId}, ${tokenHash}, to_timestamp(${expiresAt})) on conflict do nothing`.execute(db);
}

/** What is decided about users and tokens at this moment, on any instance. */
export interface AccessControl extends AccessEvents {
  /**
   * The role of a token's user, as of the last `refresh`; null when the token is dead.
   * @throws AppError SERVICE_UNAVAILABLE when the database is away and the token or its user is not known.
   */
  findRole(identity: Identity, isDatabaseUnavailable: boolean): Promise<Role | null>;
  /** The same from memory; undefined when the token or its user has to be asked for. */
  cachedRole(identity: Identity): Role | null | undefined;
  /** Why `roleOf` has just found a token dead, as far as memory tells. */
  refusalOf(identity: Identity): TokenRefusal;
  /** Logs out: the session behind a token of this server, or another issuer's token itself. Dead here at once. */
  revoke(db: Db, identity: Identity): Promise<void>;
}

/**
 * Knows live tokens and their users from one question each, and hears of changes from one question for all of them,
 * asked only while there are requests. The common request asks the database nothing. `onSetBack` is called when this
 * may be another database than before, such as a restored one.
 */
export function createAccessControl(db: Db, onReset: () => void): AccessControl {
  const users = new LRUCache<string, UserAccess>({ max: maxCached });
  const live = new LRUCache<string, true>({ max: maxCached });
  /** A dead session or token stays dead; asking again and again would be a stranger's way to load the database. */
  const revoked = new LRUCache<string, true>({ max: maxCached });
  /** Goes up with every change heard of: an answer from before it may be outdated. */
  let changeCount = 0;

  const events = createAccessEvents(db, {
    onEvent(userId, session) {
      users.delete(userId);
      if (session !== null) live.delete(session);
      changeCount += 1;
    },
    onReset() {
      for (const known of [users, live, revoked]) known.clear();
      onReset();
      changeCount += 1;
    },
  });

  async function loadAccess(identity: Identity): Promise<Role | null> {
    const key = identity.sessionId ?? identity.tokenHash ?? '';
    const changesBefore = changeCount;
    const { liveUntil, ...user } = await withDeadline(findAccess(db, identity));
    const ttl = liveUntil === null ? 0 : liveUntil.getTime() - Date.now();
    if (ttl <= 0) {
      revoked.set(key, true);
      return null;
    }
    if (changeCount === changesBefore) {
      users.set(identity.userId, user);
      live.set(key, true, { ttl });
    }
    return effectiveRole(identity, user);
  }

  const cachedRole = (identity: Identity) => roleFromCache({ users, live, dead: revoked }, identity);

  return {
    ...events,
    cachedRole,
    refusalOf: (identity) => refusalOf(identity, users.peek(identity.userId)),
    async findRole(identity, isDatabaseUnavailable) {
      const known = cachedRole(identity);
      if (known === undefined && isDatabaseUnavailable) throw serviceUnavailable();
      return known === undefined ? loadAccess(identity) : known;
    },
    async revoke(db, identity) {
      const { userId, sessionId } = identity;
      await (sessionId === null ? revokeToken(db, identity) : deleteSession(db, userId, sessionId));
      live.delete(identity.sessionId ?? identity.tokenHash ?? '');
    },
  };
}

interface AccessCache {
  users: LRUCache<string, UserAccess>;
  live: LRUCache<string, true>;
  dead: LRUCache<string, true>;
}

function roleFromCache({ users, live, dead }: AccessCache, identity: Identity): Role | null | undefined {
  const key = identity.sessionId ?? identity.tokenHash;
  if (key === null || dead.has(key)) return null;
  const user = live.has(key) ? users.get(identity.userId) : undefined;
  return user && effectiveRole(identity, user);
}

function effectiveRole(identity: Identity, user: UserAccess): Role | null {
  if (user.banned || isIssuedBeforeCutoff(identity, user)) return null;
  // Whoever shares a secret for signing users' tokens does not become an admin by it.
  return identity.sessionId === null ? 'user' : user.role;
}

/** Tokens of this server end with their session; those of others when they were issued before a cut, or do not say. */
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
