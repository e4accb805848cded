import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BetterAuth } from '../accounts/better-auth.ts';
import type { Config } from '../config/config.ts';
import { unauthorized, unavailable } from '../platform/errors.ts';
import type { Access } from './access.ts';
import type { Caller, Identity } from './identity.ts';
import { clockToleranceSeconds, createIssuers, type Issuer } from './issuers.ts';
import { createRefusalLog, further, Refusal, subRefusal } from './refusals.ts';
import { type ParsedToken, parseToken } from './token-form.ts';

const bearer = /^Bearer +(\S+)$/i;
const userIdMaxLength = 255;
/** Most memory that verified tokens may take. */
const rememberedBytes = 16 * 1024 * 1024;

function identityOf(payload: JWTPayload, maxAgeSeconds: number): Identity | Refusal {
  const { sub, exp, iat } = payload;
  const now = Math.floor(Date.now() / 1000);
  if (typeof sub !== 'string' || sub === '' || [...sub].length > userIdMaxLength) return subRefusal;
  if (!sub.isWellFormed() || sub.includes('\0')) return subRefusal;
  if (exp === undefined) return new Refusal('no exp', 'exp, in seconds');
  if (exp > now + maxAgeSeconds + clockToleranceSeconds)
    return new Refusal('exp too far ahead', `exp at most ${maxAgeSeconds} s ahead (JWT_MAX_AGE_SECONDS)`);
  if (iat !== undefined && iat > now + clockToleranceSeconds)
    return new Refusal(
      'iat in the future',
      `iat at most ${clockToleranceSeconds} s ahead of this server's clock`,
    );
  return {
    userId: sub,
    sessionId: null,
    tokenHash: null,
    issuedAt: iat ?? null,
    expiresAt: exp + clockToleranceSeconds,
  };
}

/** Asks the issuers in turn. @returns a refusal when none accepts the token. */
async function verify(token: string, issuers: readonly Issuer[], maxAgeSeconds: number) {
  const parsed = parseToken(token);
  if (parsed instanceof Refusal) return parsed;
  const refusals: Refusal[] = [];
  for (const issuer of issuers) {
    const identity = await verifyBy(issuer, token, parsed, maxAgeSeconds);
    if (!(identity instanceof Refusal)) return identity;
    refusals.push(identity);
  }
  return refusals.reduce(further);
}

async function verifyBy(
  { isOwn, verify }: Issuer,
  token: string,
  parsed: ParsedToken,
  maxAgeSeconds: number,
): Promise<Identity | Refusal> {
  const payload = await verify(token, parsed);
  if (payload instanceof Refusal) return payload;
  const identity = identityOf(payload, maxAgeSeconds);
  if (identity instanceof Refusal) return identity;
  if (!isOwn) return { ...identity, tokenHash: hashOf(token) };
  return { ...identity, sessionId: typeof payload.sid === 'string' ? payload.sid : null };
}

export interface Tokens {
  /**
   * Checks the values of the `Authorization` headers (RFC 6750 §2.1); more than one is a token that is refused. While
   * the database is away, only tokens will do that were met before. The log says why a token is refused.
   * @param cookie the request's, which opens nothing: a session in it explains why there is no token
   * @throws AppError UNAUTHORIZED, the same for every reason; SERVICE_UNAVAILABLE when nobody can tell.
   */
  authenticate(authorization: readonly string[], isDatabaseAway?: boolean, cookie?: string): Promise<Caller>;
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
  const logRefusal = createRefusalLog(log);
  let keyChanges = 0;
  const issuers = createIssuers(config, betterAuth, log, () => {
    keyChanges += 1;
    verified.clear();
  });

  async function verifyOnce(token: string, isDatabaseAway: boolean): Promise<Identity | Refusal> {
    const known = verified.get(token);
    // The keys of this server may have to be asked for.
    if (isDatabaseAway && known === undefined) throw unavailable();
    for (const { refresh } of issuers) refresh();
    if (known !== undefined) return known;
    const changesBefore = keyChanges;
    const identity = await verify(token, issuers, config.auth.maxAgeSeconds);
    if (identity instanceof Refusal) return identity;
    const ttl = identity.expiresAt * 1000 - Date.now();
    if (ttl > 0 && keyChanges === changesBefore) verified.set(token, identity, { ttl });
    return identity;
  }

  async function identify(
    authorization: readonly string[],
    isDatabaseAway: boolean,
  ): Promise<Caller | Refusal> {
    const [value = '', ...others] = authorization;
    if (others.length > 0) return new Refusal('several Authorization headers', 'one');
    const token = tokenIn(value);
    if (token === undefined) return formRefusal(value);
    const identity = await verifyOnce(token, isDatabaseAway);
    if (identity instanceof Refusal) return identity;
    const role = await access.roleOf(identity, isDatabaseAway);
    return role === null ? access.refusalOf(identity) : { ...identity, role };
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
    async authenticate(authorization, isDatabaseAway = false, cookie = '') {
      const isMissing = authorization.length === 0;
      const caller = isMissing ? missing(cookie) : await identify(authorization, isDatabaseAway);
      if (!(caller instanceof Refusal)) return caller;
      logRefusal(caller);
      throw unauthorized(isMissing ? 'missing' : 'invalid');
    },
  };
}

const tokenIn = (authorization: string): string | undefined => bearer.exec(authorization)?.[1];

const headerWanted = 'Authorization: Bearer <JWT>';

const missing = (cookie: string): Refusal =>
  new Refusal(
    cookie.includes('session_token=') ? 'cookie instead of a header' : 'no credentials',
    headerWanted,
  );

/** Of a header in which there is no token. */
const formRefusal = (authorization: string): Refusal =>
  new Refusal(/^Bearer\b/i.test(authorization) ? 'malformed JWT' : 'no "Bearer"', headerWanted);

/**
 * Without the signature: an ECDSA one has a twin that is as good, and a token that was logged out must not come back as
 * it.
 */
const hashOf = (token: string) =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
