import { createHash, createSecretKey } from 'node:crypto';
import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config.ts';
import { unauthorized } from '../errors.ts';
import type { Access, Role } from './access.ts';
import type { BetterAuth } from './better-auth.ts';

/** Who a request speaks for. */
export interface Identity {
  userId: string;
  /** The session behind a token of this server; null for tokens minted elsewhere. */
  sessionId: string | null;
  /** `iat`, in seconds; null when the token does not say. */
  issuedAt: number | null;
  /** SHA-256 of a token minted elsewhere, in hex; null for this server's. */
  tokenHash: string | null;
  /** `exp`, in seconds. */
  expiresAt: number;
}

/** Who a request speaks for, and what they are now. */
export interface Caller extends Identity {
  role: Role;
}

/** One accepted issuer: its own keys, algorithms, issuer and audience; nothing is taken from the token's header. */
type Verifier = (token: string) => Promise<JWTPayload>;

const bearer = /^Bearer +(\S+)$/i;
const clockToleranceSeconds = 5;
const tokenMaxLength = 8_192;
/** A compact JWS (RFC 7515 §7.1); canonical base64url is checked apart. */
const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const headerAllowed = new Set(['alg', 'kid', 'typ']);
const userIdMaxLength = 255;
const keyReloadMs = 30_000;
/** Most memory that verified tokens may take. */
const rememberedBytes = 16 * 1024 * 1024;

function sharedSecretVerifier({ auth }: Config): Verifier {
  const key = createSecretKey(auth.secret, 'utf8');
  const options: JWTVerifyOptions = {
    algorithms: ['HS256'],
    ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
    ...(auth.audience === null ? {} : { audience: auth.audience }),
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, key, { ...options, ...commonOptions });
    // A token for several audiences could be replayed here by any of them.
    if (auth.audience !== null && payload.aud !== auth.audience) throw new errors.JWTInvalid('audience');
    return payload;
  };
}

function ownVerifier({ auth }: Config, betterAuth: BetterAuth): Verifier {
  const keys = ownKeys(betterAuth);
  const options: JWTVerifyOptions = { algorithms: ['EdDSA'], issuer: auth.baseUrl, audience: auth.baseUrl };
  return async (token) => {
    const { payload } = await jwtVerify(
      token,
      (header, jws) => keys(header.kid).then((find) => find(header, jws)),
      {
        ...options,
        ...commonOptions,
      },
    );
    if (typeof payload.sid !== 'string') throw new errors.JWTInvalid('no session');
    return payload;
  };
}

const commonOptions: JWTVerifyOptions = {
  requiredClaims: ['exp', 'sub'],
  clockTolerance: clockToleranceSeconds,
};

/** This server's public keys, read again for an unknown key id, at most once every 30 s. */
function ownKeys(betterAuth: BetterAuth) {
  let known = new Set<string>();
  let keySet = createLocalJWKSet({ keys: [] });
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;
  async function load() {
    const { keys } = await betterAuth.api.getJwks();
    keySet = createLocalJWKSet({ keys });
    known = new Set(keys.map((key) => key.kid ?? ''));
    loadedAt = performance.now();
  }
  return async (keyId: string | undefined) => {
    if (!known.has(keyId ?? '') && performance.now() - loadedAt >= keyReloadMs) {
      loading ??= load().finally(() => {
        loading = null;
      });
    }
    await loading;
    return keySet;
  };
}

/** Checks that come before any cryptography: form, length, and headers that would bring keys or rules of their own. */
function isWellFormed(token: string): boolean {
  if (token.length > tokenMaxLength || !compactForm.test(token)) return false;
  const parts = token.split('.');
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part)) return false;
  try {
    const [header] = parts.slice(0, 2).map(parseObject);
    if (header === undefined || !Object.keys(header).every((name) => headerAllowed.has(name))) return false;
    return !('typ' in header) || (typeof header.typ === 'string' && header.typ.toUpperCase() === 'JWT');
  } catch {
    return false;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const stringsAndNames = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * A header or payload: a JSON object in UTF-8 without doubled names (RFC 7515 §4, RFC 7519 §4), so that every reader
 * of the token sees the same claims.
 */
function parseObject(part: string): object {
  const text = utf8.decode(Buffer.from(part, 'base64url'));
  const value: unknown = JSON.parse(text);
  const names = [...text.matchAll(stringsAndNames)].filter(([, colon]) => colon !== undefined).length;
  if (typeof value !== 'object' || value === null || names !== countNames(value)) throw new SyntaxError();
  return value;
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, item) => sum + countNames(item), own);
}

function identityOf(payload: JWTPayload, maxAgeSeconds: number): Identity | null {
  const { sub, exp, iat } = payload;
  const now = Math.floor(Date.now() / 1000);
  if (typeof sub !== 'string' || sub === '' || [...sub].length > userIdMaxLength) return null;
  if (!sub.isWellFormed() || sub.includes('\0')) return null;
  if (exp === undefined || exp > now + maxAgeSeconds + clockToleranceSeconds) return null;
  if (iat !== undefined && iat > now + clockToleranceSeconds) return null;
  const sessionId = typeof payload.sid === 'string' ? payload.sid : null;
  return { userId: sub, sessionId, issuedAt: iat ?? null, tokenHash: null, expiresAt: exp };
}

export interface Tokens {
  /**
   * Checks the values of the `Authorization` headers (RFC 6750 §2.1); more than one is a token that is refused.
   * @throws AppError UNAUTHORIZED, the same for every reason.
   */
  authenticate(authorization: readonly string[]): Promise<Caller>;
}

export function createTokens(config: Config, betterAuth: BetterAuth, access: Access): Tokens {
  const shared = sharedSecretVerifier(config);
  const own = ownVerifier(config, betterAuth);

  /** Tokens that were verified, until they expire. */
  const verified = new LRUCache<string, Identity>({
    maxSize: rememberedBytes,
    // Two bytes a character at most, and about as much again for what is kept with it.
    sizeCalculation: (_identity, token) => token.length * 2 + 500,
  });

  async function verify(token: string): Promise<Identity | null> {
    const ownPayload = await attempt(own, token);
    const payload = ownPayload ?? (await attempt(shared, token));
    const identity = payload && identityOf(payload, config.auth.maxAgeSeconds);
    if (payload?.exp === undefined || identity === null) return null;
    const known = ownPayload === null ? { ...identity, sessionId: null, tokenHash: hashOf(token) } : identity;
    const ttl = payload.exp * 1000 - Date.now();
    if (ttl > 0) verified.set(token, known, { ttl });
    return known;
  }

  async function identify(token: string): Promise<Caller | null> {
    const identity = verified.get(token) ?? (isWellFormed(token) ? await verify(token) : null);
    const role = identity && (await access.roleOf(identity));
    return identity === null || role === null ? null : { ...identity, role };
  }

  return {
    async authenticate(authorization) {
      if (authorization.length === 0) throw unauthorized('missing');
      const token = authorization.length === 1 ? bearer.exec(authorization[0] ?? '')?.[1] : undefined;
      const caller = token === undefined ? null : await identify(token);
      if (caller === null) throw unauthorized('invalid');
      return caller;
    },
  };
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** @returns null for a token this issuer refuses; other failures (the database away) go on. */
async function attempt(verifier: Verifier, token: string): Promise<JWTPayload | null> {
  try {
    return await verifier(token);
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
