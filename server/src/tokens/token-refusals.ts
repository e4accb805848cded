import type { Logger } from 'pino';

/** In the order of the checks. Only the log has the reason: every refusal gets the same response. */
export const tokenRefusalReasons = [
  'no credentials',
  'cookie instead of a header',
  'several Authorization headers',
  'no "Bearer"',
  'session token instead of a JWT',
  'malformed JWT',
  'token too long',
  'JWT header not accepted',
  'wrong issuer and algorithm',
  'wrong issuer',
  'wrong algorithm',
  'wrong issuer or algorithm',
  'HS256 not accepted: set JWT_ISSUER and JWT_AUDIENCE',
  'no key id',
  'unknown key id',
  'wrong signature',
  'malformed claims',
  'wrong audience',
  'sub missing or invalid',
  'no exp',
  'time that is no number',
  'not yet valid',
  'expired',
  'exp too far ahead',
  'iat in the future',
  'no session',
  'session ended or token logged out',
  'issued before the sessions of its user were ended',
  'user banned',
] as const;

export type TokenRefusalReason = (typeof tokenRefusalReasons)[number];

/** A class, so that `instanceof` separates refusals from claims and identities. */
export class TokenRefusal {
  readonly reason: TokenRefusalReason;
  /** What would have been accepted, for the log. Never contains text from the request. */
  readonly expected: string;

  constructor(reason: TokenRefusalReason, expected: string) {
    this.reason = reason;
    this.expected = expected;
  }
}

export const invalidSubRefusal = new TokenRefusal(
  'sub missing or invalid',
  'a user id of 1 to 255 characters',
);

const rank = ({ reason }: TokenRefusal) => tokenRefusalReasons.indexOf(reason);

/**
 * Merges two issuers' refusals of one token. The refusal of the later check wins, as it explains more; both `expected`
 * texts are merged if neither is later.
 */
export function laterRefusal(one: TokenRefusal, other: TokenRefusal): TokenRefusal {
  const [earlier, later] = rank(one) <= rank(other) ? [one, other] : [other, one];
  if (earlier.reason === later.reason) return mergeRefusals(later.reason, earlier, later);
  // One issuer would accept the token with another `iss`, the other one with another `alg`.
  if (earlier.reason === 'wrong issuer' && later.reason === 'wrong algorithm')
    return mergeRefusals('wrong issuer or algorithm', earlier, later);
  return later;
}

const mergeRefusals = (reason: TokenRefusalReason, one: TokenRefusal, other: TokenRefusal) =>
  new TokenRefusal(reason, [...new Set([...one.expected.split(' or '), other.expected])].join(' or '));

const logIntervalMs = 60_000;

/**
 * Logs each pair of reason and `expected` at most once a minute and process. `suppressed` counts the refusals in
 * between. Clients cannot add pairs: both texts are this server's.
 */
export function createTokenRefusalLog(log: Logger): (refusal: TokenRefusal) => void {
  const lines = new Map<string, { loggedAt: number; suppressed: number }>();
  return ({ reason, expected }) => {
    const key = `${reason}: ${expected}`;
    const last = lines.get(key);
    const now = performance.now();
    if (last !== undefined && now - last.loggedAt < logIntervalMs) {
      last.suppressed += 1;
      return;
    }
    lines.set(key, { loggedAt: now, suppressed: 0 });
    log.info({ reason, expected, suppressed: last?.suppressed ?? 0 }, 'token refused');
  };
}
