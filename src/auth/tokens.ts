import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { unauthorized, unavailable } from '../errors.ts';
import type { Access, Role } from './access.ts';
import type { BetterAuth } from './better-auth.ts';
import { clockToleranceSeconds, createIssuers } from './issuers.ts';
import { parseToken } from './token-form.ts';

/** Who a request speaks for. */
export interface Identity {
  userId: string;
  /** The session behind a token of this server; null for tokens minted elsewhere. */
  sessionId: string | null;
  /** `iat`, in seconds; null when the token does not say. */
  issuedAt: number | null;
  /** SHA-256, in hex, of what the signature of a token minted elsewhere covers; null for this server's. */
  tokenHash: string | null;
  /** When it is accepted no more, in seconds: `exp` and what clocks may differ. */
  expiresAt: number;
}

/** Who a request speaks for, and what they are now. */
export interface Caller extends Identity {
  role: Role;
}

const bearer = /^Bearer +(\S+)$/i;
const userIdMaxLength = 255;
/** Most memory that verified tokens may take. */
const rememberedBytes = 16 * 1024 * 1024;

function identityOf(payload: JWTPayload, maxAgeSeconds: number): Identity | null {
  const { sub, exp, iat } = payload;
  const now = Math.floor(Date.now() / 1000);
  if (typeof sub !== 'string' || sub === '' || [...sub].length > userIdMaxLength) return null;
  if (!sub.isWellFormed() || sub.includes('\0')) return null;
  if (exp === undefined || exp > now + maxAgeSeconds + clockToleranceSeconds) return null;
  if (iat !== undefined && iat > now + clockToleranceSeconds) return null;
  return {
    userId: sub,
    sessionId: null,
    tokenHash: null,
    issuedAt: iat ?? null,
    expiresAt: exp + clockToleranceSeconds,
  };
}

export interface Tokens {
  /**
   * Checks the values of the `Authorization` headers (RFC 6750 §2.1); more than one is a token that is refused. While
   * the database is away, only tokens will do that were met before.
   * @throws AppError UNAUTHORIZED, the same for every reason; SERVICE_UNAVAILABLE when nobody can tell.
   */
  authenticate(authorization: readonly string[], isDatabaseAway?: boolean): Promise<Caller>;
  /** Whose token this is, from memory: undefined when it has to be verified, or to be asked for. */
  recall(authorization: string): Caller | undefined;
}

export function createTokens(config: Config, betterAuth: BetterAuth, access: Access, log: Logger): Tokens {
  /** Tokens that were verified, until they expire or keys change. */
  const verified = new LRUCache<string, Identity>({
    maxSize: rememberedBytes,
    // Two bytes a character at most, and about as much again for what is kept with it.
    sizeCalculation: (_identity, token) => token.length * 2 + 700,
  });
  let keyChanges = 0;
  const issuers = createIssuers(config, betterAuth, log, () => {
    keyChanges += 1;
    verified.clear();
  });

  async function verify(token: string): Promise<Identity | null> {
    const parsed = parseToken(token);
    if (parsed === null) return null;
    for (const { issuer, isOwn, verify } of issuers) {
      if (issuer !== null && issuer !== parsed.issuer) continue;
      const payload = await verify(token, parsed.header);
      const identity = payload && identityOf(payload, config.auth.maxAgeSeconds);
      if (payload === null || identity === null) continue;
      if (!isOwn) return { ...identity, tokenHash: hashOf(token) };
      return { ...identity, sessionId: typeof payload.sid === 'string' ? payload.sid : null };
    }
    return null;
  }

  async function verifyOnce(token: string, isDatabaseAway: boolean): Promise<Identity | null> {
    const known = verified.get(token);
    // The keys of this server may have to be asked for.
    if (isDatabaseAway && known === undefined) throw unavailable();
    for (const { refresh } of issuers) refresh();
    if (known !== undefined) return known;
    const changesBefore = keyChanges;
    const identity = await verify(token);
    const ttl = identity === null ? 0 : identity.expiresAt * 1000 - Date.now();
    if (identity !== null && ttl > 0 && keyChanges === changesBefore) verified.set(token, identity, { ttl });
    return identity;
  }

  async function identify(token: string, isDatabaseAway: boolean): Promise<Caller | null> {
    const identity = await verifyOnce(token, isDatabaseAway);
    const role = identity && (await access.roleOf(identity, isDatabaseAway));
    return identity === null || role === null ? null : { ...identity, role };
  }

  return {
    recall(authorization) {
      const token = tokenIn(authorization);
      const identity = token === undefined ? undefined : verified.get(token);
      if (identity === undefined) return undefined;
      for (const { refresh } of issuers) refresh();
      const role = access.recallRole(identity);
      return role ? { ...identity, role } : undefined;
    },
    async authenticate(authorization, isDatabaseAway = false) {
      if (authorization.length === 0) throw unauthorized('missing');
      const token = authorization.length === 1 ? tokenIn(authorization[0] ?? '') : undefined;
      const caller = token === undefined ? null : await identify(token, isDatabaseAway);
      if (caller === null) throw unauthorized('invalid');
      return caller;
    },
  };
}

const tokenIn = (authorization: string): string | undefined => bearer.exec(authorization)?.[1];

/** Without the signature: an ECDSA one has a twin that is as good, and a token that was logged out must not come back as it. */
const hashOf = (token: string) =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
