import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { BetterAuth } from '../accounts/better-auth.ts';
import type { AuthSettings } from '../config/auth.ts';
import type { Config } from '../config/config.ts';
import { createRemoteKeyLoader } from './jwks-loader.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { publicKeyAlgorithms } from './public-key.ts';
import type { ParsedToken } from './token-parser.ts';
import { invalidSubRefusal, TokenRefusal } from './token-refusals.ts';

export const clockToleranceSeconds = 5;
/** How soon keys that never came are asked for again. */
const jwksRetryMs = 5_000;

/**
 * One accepted issuer: its own keys, algorithms, issuer and audience. A token's header selects among its keys, no more.
 */
export interface Issuer {
  /** Whether this server signs its tokens, for sessions of its own. */
  readonly isOwn: boolean;
  /** @returns the claims. */
  verify(token: string, parsed: ParsedToken): Promise<JWTPayload | TokenRefusal>;
  /** Sees to it that keys that were withdrawn are missed before long; costs nothing. */
  refresh(): void;
}

/**
 * The table of issuers, in the order they are asked: this server, holders of the shared secret, and the
 * server of JWKS_URL. `onKeysChanged` is called when keys of one of them came or went.
 */
export function createIssuers(
  { auth }: Config,
  betterAuth: BetterAuth,
  log: Logger,
  onKeysChanged: () => void,
): Issuer[] {
  const shared = auth.acceptsHs256 ? sharedSecretIssuer(auth) : rejectingIssuer(auth);
  const issuers = [ownIssuer(auth, betterAuth, onKeysChanged), shared];
  if (auth.jwksUrl === null) return issuers;
  return [...issuers, remoteIssuer(auth, auth.jwksUrl, log, onKeysChanged)];
}

/** What an issuer's tokens must be like. */
interface ExpectedToken {
  /** The `iss`; null takes any. */
  issuer: string | null;
  audience: string | null;
  algorithms: ReadonlySet<string>;
  /** Whose signatures count, in words for the log. */
  signature: string;
}

const ownTokens = ({ baseUrl }: AuthSettings): ExpectedToken => ({
  issuer: baseUrl,
  audience: baseUrl,
  algorithms: new Set(['EdDSA']),
  signature: 'EdDSA with a key of /api/auth/jwks',
});

function ownIssuer(auth: AuthSettings, betterAuth: BetterAuth, onChange: () => void): Issuer {
  const expected = ownTokens(auth);
  const load = async () => (await betterAuth.api.getJwks()).keys;
  const keys = createKeySet({ load, algorithms: expected.algorithms, retryMs: 0, onChange });
  return {
    isOwn: true,
    refresh: keys.refresh,
    async verify(token, parsed) {
      const payload = await verifyWithKeySet(token, parsed, keys, expected);
      if (payload instanceof TokenRefusal || typeof payload.sid === 'string') return payload;
      return new TokenRefusal('no session', 'sid');
    },
  };
}

function sharedSecretIssuer({ secrets, issuer, audience }: AuthSettings): Issuer {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const signature = 'HS256 with BETTER_AUTH_SECRET';
  const expected = { issuer, audience, algorithms: new Set(['HS256']), signature };
  return {
    isOwn: false,
    refresh: () => undefined,
    async verify(token, parsed) {
      const other = mismatchRefusal(parsed, expected);
      if (other !== null) return other;
      for (const key of keys) {
        const payload = await verifyWithKey(token, key, 'HS256', expected);
        // Of everything else another secret says the same.
        if (!(payload instanceof TokenRefusal) || payload.reason !== 'wrong signature') return payload;
      }
      return new TokenRefusal('wrong signature', signature);
    },
  };
}

/** Stands for the shared secret's issuer where HS256 is off: it refuses every token. */
function rejectingIssuer(auth: AuthSettings): Issuer {
  const own = ownTokens(auth);
  return {
    isOwn: false,
    refresh: () => undefined,
    verify: async (_token, { header }) =>
      header.algorithm === 'HS256'
        ? new TokenRefusal('HS256 not accepted: set JWT_ISSUER and JWT_AUDIENCE', own.signature)
        : wrongIssuerAndAlgorithm(own),
  };
}

function remoteIssuer(auth: AuthSettings, url: string, log: Logger, onChange: () => void): Issuer {
  const { issuer, audience } = auth;
  const algorithms = publicKeyAlgorithms;
  const keys = createKeySet({
    load: createRemoteKeyLoader(url, log),
    algorithms,
    retryMs: jwksRetryMs,
    onChange,
  });
  const expected = { issuer, audience, algorithms, signature: 'a key of JWKS_URL' };
  return {
    isOwn: false,
    refresh: keys.refresh,
    verify: (token, parsed) => verifyWithKeySet(token, parsed, keys, expected),
  };
}

const wrongIssuerAndAlgorithm = ({ issuer, signature }: ExpectedToken) =>
  new TokenRefusal('wrong issuer and algorithm', issuer === null ? signature : `${signature} for ${issuer}`);

/** Why a token is another's, as far as it says so itself; null when it may be this issuer's. */
function mismatchRefusal({ header, issuer }: ParsedToken, expected: ExpectedToken): TokenRefusal | null {
  const fits = expected.algorithms.has(header.algorithm);
  if (expected.issuer === null || expected.issuer === issuer)
    return fits ? null : new TokenRefusal('wrong algorithm', expected.signature);
  return fits ? new TokenRefusal('wrong issuer', expected.issuer) : wrongIssuerAndAlgorithm(expected);
}

async function verifyWithKeySet(
  token: string,
  parsed: ParsedToken,
  keys: KeySet,
  expected: ExpectedToken,
): Promise<JWTPayload | TokenRefusal> {
  const other = mismatchRefusal(parsed, expected);
  if (other !== null) return other;
  const { keyId } = parsed.header;
  if (keyId === null) return new TokenRefusal('no key id', expected.signature);
  const found = await keys.find(keyId);
  if (found === null) return new TokenRefusal('unknown key id', expected.signature);
  return verifyWithKey(token, found.key, found.algorithm, expected);
}

async function verifyWithKey(
  token: string,
  key: KeyObject,
  algorithm: string,
  expected: ExpectedToken,
): Promise<JWTPayload | TokenRefusal> {
  const { issuer, audience } = expected;
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      ...(issuer === null ? {} : { issuer }),
      ...(audience === null ? {} : { audience }),
    });
    if (audience === null || isOnlyFor(audience, payload.aud)) return payload;
    return new TokenRefusal('wrong audience', audience);
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      return toTokenRefusal(error, expected);
    throw error;
  }
}

const tolerance = `at most ${clockToleranceSeconds} s`;

function toTokenRefusal(error: errors.JOSEError | TypeError, expected: ExpectedToken): TokenRefusal {
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new TokenRefusal('wrong signature', expected.signature);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new TokenRefusal('wrong algorithm', expected.signature);
  if (error instanceof errors.JWTExpired)
    return new TokenRefusal('expired', `exp ${tolerance} in the past by this server's clock`);
  if (error instanceof errors.JWTClaimValidationFailed) return claimRefusal(error, expected);
  return new TokenRefusal('malformed claims', 'a JSON object (RFC 7519 §4)');
}

function claimRefusal(
  { claim, reason }: errors.JWTClaimValidationFailed,
  { issuer, audience }: ExpectedToken,
): TokenRefusal {
  if (claim === 'iss') return new TokenRefusal('wrong issuer', issuer ?? 'any');
  if (claim === 'aud') return new TokenRefusal('wrong audience', audience ?? 'any');
  if (claim === 'sub') return invalidSubRefusal;
  if (claim === 'exp' && reason === 'missing') return new TokenRefusal('no exp', 'exp, in seconds');
  if (claim === 'nbf' && reason === 'check_failed')
    return new TokenRefusal('not yet valid', `nbf ${tolerance} ahead of this server's clock`);
  return new TokenRefusal('time that is no number', 'exp, iat and nbf as numbers, in seconds');
}

/**
 * A list of one says what the string does (RFC 7519 §4.1.3). A token for several audiences could be replayed
 * here by any of them.
 */
const isOnlyFor = (audience: string, aud: JWTPayload['aud']) =>
  Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience;
