import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { SigningKeys } from '../accounts/signing-key.ts';
import type { AuthSettings } from '../config/auth.ts';
import type { Config } from '../config/config.ts';
import { createRemoteKeyLoader } from './jwks-loader.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { publicKeyAlgorithms } from './public-key.ts';
import type { ParsedToken } from './token-parser.ts';
import { invalidSubRefusal, TokenRefusal } from './token-refusals.ts';

export const clockToleranceSeconds = 5;
/** Minimum time between two attempts to load a JWK set while loading fails. */
const jwksRetryMs = 5_000;

/**
 * One accepted issuer, with its own keys, algorithms, `iss` and `aud`. A token's header selects among its keys and has
 * no other influence (RFC 8725 §3.1).
 */
export interface Issuer {
  /** Whether this server signs the tokens. They belong to sessions. */
  readonly isOwn: boolean;
  /** @returns the claims, or why the token is refused. @throws AppError SERVICE_UNAVAILABLE without keys */
  verify(token: string, parsed: ParsedToken): Promise<JWTPayload | TokenRefusal>;
  /** Reloads old keys in the background, so that withdrawn keys stop verifying. Cheap enough for every request. */
  refresh(): void;
}

/**
 * The accepted issuers in the order they are tried: this server, holders of the shared secret, the server of JWKS_URL.
 * @param onKeysChanged called when an issuer has added or withdrawn keys
 */
export function createIssuers(
  { auth }: Config,
  signingKeys: SigningKeys,
  log: Logger,
  onKeysChanged: () => void,
): Issuer[] {
  const sharedSecret = auth.acceptsHs256 ? sharedSecretIssuer(auth) : rejectingIssuer(auth);
  const issuers = [ownIssuer(auth, signingKeys, onKeysChanged), sharedSecret];
  if (auth.jwksUrl === null) return issuers;
  return [...issuers, remoteIssuer(auth, auth.jwksUrl, log, onKeysChanged)];
}

interface ExpectedToken {
  /** The `iss`; null accepts any. */
  issuer: string | null;
  /** The `aud`; null accepts any. */
  audience: string | null;
  algorithms: ReadonlySet<string>;
  /** The accepted signatures, in words for the log. */
  signature: string;
}

const ownTokens = ({ baseUrl }: AuthSettings): ExpectedToken => ({
  issuer: baseUrl,
  audience: baseUrl,
  algorithms: new Set(['EdDSA']),
  signature: 'EdDSA with a key of /api/auth/jwks',
});

function ownIssuer(auth: AuthSettings, signingKeys: SigningKeys, onChange: () => void): Issuer {
  const expected = ownTokens(auth);
  const keys = createKeySet({
    load: signingKeys.loadPublic,
    algorithms: expected.algorithms,
    retryMs: 0,
    onChange,
  });
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
      const mismatch = mismatchRefusal(parsed, expected);
      if (mismatch !== null) return mismatch;
      for (const key of keys) {
        const payload = await verifyWithKey(token, key, 'HS256', expected);
        // Every other refusal depends on the claims, so the next secret would give the same.
        if (!(payload instanceof TokenRefusal) || payload.reason !== 'wrong signature') return payload;
      }
      return new TokenRefusal('wrong signature', signature);
    },
  };
}

/** Replaces the shared secret's issuer where HS256 is off. It refuses every token with a reason for the log. */
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

/**
 * Compares the unverified `iss` and `alg` before any cryptography. @returns null when the token may be this issuer's.
 */
function mismatchRefusal({ header, issuer }: ParsedToken, expected: ExpectedToken): TokenRefusal | null {
  const hasAlgorithm = expected.algorithms.has(header.algorithm);
  if (expected.issuer === null || expected.issuer === issuer)
    return hasAlgorithm ? null : new TokenRefusal('wrong algorithm', expected.signature);
  return hasAlgorithm ? new TokenRefusal('wrong issuer', expected.issuer) : wrongIssuerAndAlgorithm(expected);
}

async function verifyWithKeySet(
  token: string,
  parsed: ParsedToken,
  keys: KeySet,
  expected: ExpectedToken,
): Promise<JWTPayload | TokenRefusal> {
  const mismatch = mismatchRefusal(parsed, expected);
  if (mismatch !== null) return mismatch;
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
 * Accepts a string or an array of one (RFC 7519 §4.1.3). A token for several audiences is refused: each of them could
 * replay it here.
 */
const isOnlyFor = (audience: string, aud: JWTPayload['aud']) =>
  Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience;
