import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Config } from '../config.ts';
import type { BetterAuth } from './better-auth.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { TokenHeader } from './token-form.ts';

export const clockToleranceSeconds = 5;

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

/** In the order they are asked. @param onKeysChanged is called when keys of one of them came or went. */
export function createIssuers(config: Config, betterAuth: BetterAuth, onKeysChanged: () => void): Issuer[] {
  return [ownIssuer(config, betterAuth, onKeysChanged), sharedSecretIssuer(config)];
}

function ownIssuer({ auth }: Config, betterAuth: BetterAuth, onChange: () => void): Issuer {
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

function sharedSecretIssuer({ auth }: Config): Issuer {
  const key = createSecretKey(auth.secret, 'utf8');
  return {
    issuer: auth.issuer,
    isOwn: false,
    refresh: () => undefined,
    verify: (token) => verifyWithKey(token, key, 'HS256', auth),
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
    // A token for several audiences could be replayed here by any of them.
    return audience === null || payload.aud === audience ? payload : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
