import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { SigningKeys } from '../accounts/signing-key.ts';
import type { Config } from '../config/config.ts';
import { serviceUnavailable, unauthorized } from '../platform/errors.ts';
import type { AccessControl } from './access-control.ts';
import type { Caller, Identity } from './identity.ts';
import { clockToleranceSeconds, createIssuers, type Issuer } from './issuers.ts';
import { type ParsedToken, parseToken } from './token-parser.ts';
import { createTokenRefusalLog, invalidSubRefusal, laterRefusal, TokenRefusal } from './token-refusals.ts';

const bearer = /^Bearer +(\S+)$/i;
const userIdMaxLength = 255;
/** Maximum size of the cache of verified tokens. */
const maxBytes = 16 * 1024 * 1024;

function identityOf(payload: JWTPayload, maxAgeSeconds: number): Identity | TokenRefusal {
  const { sub, exp, iat } = payload;
  const now = Math.floor(Date.now() / 1000);
  if (typeof sub !== 'string' || sub === '' || [...sub].length > userIdMaxLength) return invalidSubRefusal;
  if (!sub.isWellFormed() || sub.includes('\0')) return invalidSubRefusal;
  if (exp === undefined) return new TokenRefusal('no exp', 'exp, in seconds');
  if (exp > now + maxAgeSeconds + clockToleranceSeconds)
    return new TokenRefusal(
      'exp too far ahead',
      `exp at most ${maxAgeSeconds} s ahead (JWT_MAX_AGE_SECONDS)`,
    );
  if (iat !== undefined && iat > now + clockToleranceSeconds)
    return new TokenRefusal(
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

/** Tries the issuers in order. @returns the merged refusal when none accepts the token. */
async function verifyToken(token: string, issuers: readonly Issuer[], maxAgeSeconds: number) {
  const parsed = parseToken(token);
  if (parsed instanceof TokenRefusal) return parsed;
  const refusals: TokenRefusal[] = [];
  for (const issuer of issuers) {
    const identity = await verifyWith(issuer, token, parsed, maxAgeSeconds);
    if (!(identity instanceof TokenRefusal)) return identity;
    refusals.push(identity);
  }
  return refusals.reduce(laterRefusal);
}

async function verifyWith(
  { isOwn, verify }: Issuer,
  token: string,
  parsed: ParsedToken,
  maxAgeSeconds: number,
): Promise<Identity | TokenRefusal> {
  const payload = await verify(token, parsed);
  if (payload instanceof TokenRefusal) return payload;
  const identity = identityOf(payload, maxAgeSeconds);
  if (identity instanceof TokenRefusal) return identity;
  if (!isOwn) return { ...identity, tokenHash: tokenHashOf(token) };
  return { ...identity, sessionId: typeof payload.sid === 'string' ? payload.sid : null };
}

export interface TokenVerifier {
  /**
   * Verifies a bearer token (RFC 6750 §2.1), and logs the reason of a refusal.
   * @param authorization the values of all `Authorization` headers; two are refused
   * @param isDatabaseUnavailable true: accepts only tokens that are cached
   * @param cookie never authenticates; the log names a session cookie without a header as the reason
   * @returns no promise if the token and its user's access are cached
   * @throws AppError, as a rejection: UNAUTHORIZED, the same for every reason; SERVICE_UNAVAILABLE when keys or access
   * cannot be read
   */
  authenticate(
    authorization: readonly string[],
    isDatabaseUnavailable?: boolean,
    cookie?: string,
  ): Caller | Promise<Caller>;
  /** The user of a token that was accepted before and is cached; undefined for any other header. */
  knownUserOf(authorization: string): string | undefined;
}

export function createTokenVerifier(
  config: Config,
  signingKeys: SigningKeys,
  accessControl: AccessControl,
  log: Logger,
): TokenVerifier {
  /** Emptied when an issuer's keys change. */
  const verified = new LRUCache<string, Identity>({
    maxSize: maxBytes,
    // At most two bytes a character, and about 700 bytes for identity and cache entry.
    sizeCalculation: (_identity, token) => token.length * 2 + 700,
  });
  const logRefusal = createTokenRefusalLog(log);
  let keyChanges = 0;
  const issuers = createIssuers(config, signingKeys, log, () => {
    keyChanges += 1;
    verified.clear();
  });

  async function verifyCached(
    token: string,
    isDatabaseUnavailable: boolean,
  ): Promise<Identity | TokenRefusal> {
    const cached = verified.get(token);
    // Verifying may need this server's keys, which are in the database.
    if (isDatabaseUnavailable && cached === undefined) throw serviceUnavailable();
    for (const { refresh } of issuers) refresh();
    if (cached !== undefined) return cached;
    const changesBefore = keyChanges;
    const identity = await verifyToken(token, issuers, config.auth.maxAgeSeconds);
    if (identity instanceof TokenRefusal) return identity;
    const ttl = identity.expiresAt * 1000 - Date.now();
    if (ttl > 0 && keyChanges === changesBefore) verified.set(token, identity, { ttl });
    return identity;
  }

  async function verifyHeaders(
    authorization: readonly string[],
    isDatabaseUnavailable: boolean,
  ): Promise<Caller | TokenRefusal> {
    const [value = '', ...others] = authorization;
    if (others.length > 0) return new TokenRefusal('several Authorization headers', 'one');
    const token = bearerTokenOf(value);
    if (token === undefined) return malformedHeaderRefusal(value);
    const identity = await verifyCached(token, isDatabaseUnavailable);
    if (identity instanceof TokenRefusal) return identity;
    const role = await accessControl.findRole(identity, isDatabaseUnavailable);
    return role === null ? accessControl.refusalOf(identity) : { ...identity, role };
  }

  /** Undefined when the token has to be verified, or its user to be looked up. */
  function cachedCaller(authorization: string): Caller | undefined {
    const token = bearerTokenOf(authorization);
    const identity = token === undefined ? undefined : verified.get(token);
    if (identity === undefined) return undefined;
    for (const { refresh } of issuers) refresh();
    const role = accessControl.cachedRole(identity);
    return role ? { ...identity, role } : undefined;
  }

  async function authenticateUncached(
    authorization: readonly string[],
    isDatabaseUnavailable: boolean,
    cookie: string,
  ): Promise<Caller> {
    const isMissing = authorization.length === 0;
    const caller = isMissing
      ? missingTokenRefusal(cookie)
      : await verifyHeaders(authorization, isDatabaseUnavailable);
    if (!(caller instanceof TokenRefusal)) return caller;
    logRefusal(caller);
    throw unauthorized(isMissing ? 'missing' : 'invalid');
  }

  return {
    knownUserOf(authorization) {
      return verified.get(bearerTokenOf(authorization) ?? '')?.userId;
    },
    authenticate(authorization, isDatabaseUnavailable = false, cookie = '') {
      const [value, ...others] = authorization;
      const cached = value === undefined || others.length > 0 ? undefined : cachedCaller(value);
      return cached ?? authenticateUncached(authorization, isDatabaseUnavailable, cookie);
    },
  };
}

const bearerTokenOf = (authorization: string): string | undefined => bearer.exec(authorization)?.[1];

const expectedHeader = 'Authorization: Bearer <JWT>';

const missingTokenRefusal = (cookie: string): TokenRefusal =>
  new TokenRefusal(
    cookie.includes('session_token=') ? 'cookie instead of a header' : 'no credentials',
    expectedHeader,
  );

const malformedHeaderRefusal = (authorization: string): TokenRefusal =>
  new TokenRefusal(/^Bearer\b/i.test(authorization) ? 'malformed JWT' : 'no "Bearer"', expectedHeader);

/**
 * Leaves out the signature: an ECDSA signature (r, s) is also valid as (r, -s). A revoked token must not be accepted
 * with the other one.
 */
const tokenHashOf = (token: string) =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
