import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { AuthSettings } from '../config/auth.ts';
import type { Config } from '../config.ts';
import type { BetterAuth } from './better-auth.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import { publicKeyAlgorithms } from './public-key.ts';
import { remoteKeys } from './remote-keys.ts';
import type { TokenHeader } from './token-form.ts';

export const clockToleranceSeconds = 5;
/** How soon keys that never came are asked for again. */
const remoteRetryMs = 5_000;

/** One accepted issuer: its own keys, algorithms, issuer and audience. A token's header selects among its keys, no more. */
export interface Issuer {
  /** The `iss` of its tokens; null takes any. */
  readonly issuer: string | null;
  /** Whether this server signs them, for sessions of its own. */
  readonly isOwn: boolean;
  /** @returns the claims; null for a token this issuer refuses. */
  verify(token: string, header: TokenHeader): Promise<JWTPayload | null>;
  /** Sees to it that keys that were withdrawn are missed before long; costs nothing. */
  refresh(): void;
}

/**
 * The table of issuers (contract §3), in the order they are asked: this server, holders of the shared secret, and the
 * server of JWKS_URL. `onKeysChanged` is called when keys of one of them came or went.
 */
export function createIssuers(
  { auth }: Config,
  betterAuth: BetterAuth,
  log: Logger,
  onKeysChanged: () => void,
): Issuer[] {
  const issuers = [ownIssuer(auth, betterAuth, onKeysChanged), sharedSecretIssuer(auth)];
  if (auth.jwksUrl === null) return issuers;
  return [...issuers, remoteIssuer(auth, auth.jwksUrl, log, onKeysChanged)];
}

function ownIssuer(auth: AuthSettings, betterAuth: BetterAuth, onChange: () => void): Issuer {
  const algorithms = new Set(['EdDSA']);
  const load = async () => (await betterAuth.api.getJwks()).keys;
  const keys = createKeySet({ load, algorithms, retryMs: 0, onChange });
  const expected = { issuer: auth.baseUrl, audience: auth.baseUrl };
  return {
    issuer: expected.issuer,
    isOwn: true,
    refresh: keys.refresh,
    async verify(token, header) {
      const payload = await verifyWithKeySet(token, header, keys, algorithms, expected);
      return typeof payload?.sid === 'string' ? payload : null;
    },
  };
}

function sharedSecretIssuer(auth: AuthSettings): Issuer {
  const keys = auth.secrets.map((secret) => createSecretKey(secret, 'utf8'));
  return {
    issuer: auth.issuer,
    isOwn: false,
    refresh: () => undefined,
    async verify(token) {
      for (const key of keys) {
        const payload = await verifyWithKey(token, key, 'HS256', auth);
        if (payload !== null) return payload;
      }
      return null;
    },
  };
}

function remoteIssuer(auth: AuthSettings, url: string, log: Logger, onChange: () => void): Issuer {
  const algorithms = publicKeyAlgorithms;
  const keys = createKeySet({ load: remoteKeys(url, log), algorithms, retryMs: remoteRetryMs, onChange });
  return {
    issuer: auth.issuer,
    isOwn: false,
    refresh: keys.refresh,
    verify: (token, header) => verifyWithKeySet(token, header, keys, algorithms, auth),
  };
}

interface Expected {
  issuer: string | null;
  audience: string | null;
}

async function verifyWithKeySet(
  token: string,
  { algorithm, keyId }: TokenHeader,
  keys: KeySet,
  algorithms: ReadonlySet<string>,
  expected: Expected,
): Promise<JWTPayload | null> {
  if (keyId === null || !algorithms.has(algorithm)) return null;
  const found = await keys.find(keyId);
  return found && verifyWithKey(token, found.key, found.algorithm, expected);
}

async function verifyWithKey(
  token: string,
  key: KeyObject,
  algorithm: string,
  { issuer, audience }: Expected,
): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      ...(issuer === null ? {} : { issuer }),
      ...(audience === null ? {} : { audience }),
    });
    return audience === null || isOnlyFor(audience, payload.aud) ? payload : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}

/** A list of one says what the string does (RFC 7519 §4.1.3); a token for several could be replayed here by any of them. */
const isOnlyFor = (audience: string, aud: JWTPayload['aud']) =>
  Array.isArray(aud) ? aud.length === 1 && aud[0] === audience : aud === audience;
