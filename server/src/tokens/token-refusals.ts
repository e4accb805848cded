import type { Logger } from 'pino';

/**
 * Why a token is refused, in the order of the checks. Only the log says so: the answer is always the same.
 */
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

/** Tells refusals from what is accepted by `instanceof`. */
export class TokenRefusal {
  readonly reason: TokenRefusalReason;
  /** What would have been accepted: a value of this server's, never one that the caller chose. */
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
 * Of two issuers' refusals of one token: the later one in the order of the checks, or both where neither is
 * nearer.
 */
export function laterRefusal(one: TokenRefusal, other: TokenRefusal): TokenRefusal {
  const [earlier, later] = rank(one) <= rank(other) ? [one, other] : [other, one];
  if (earlier.reason === later.reason) return mergeRefusals(later.reason, earlier, later);
  // The token would be one issuer's if it named another, and the other's if it were signed otherwise.
  if (earlier.reason === 'wrong issuer' && later.reason === 'wrong algorithm')
    return mergeRefusals('wrong issuer or algorithm', earlier, later);
  return later;
}

const mergeRefusals = (reason: TokenRefusalReason, one: TokenRefusal, other: TokenRefusal) =>
  new TokenRefusal(reason, [...new Set([...one.expected.split(' or '), other.expected])].join(' or '));

const logIntervalMs = 60_000;

/**
 * Logs refusals: a line for each reason and expectation, once a minute in each process. `suppressed` counts
 * the refusals without a line since the last one. Reasons and issuers bound the number of lines, whatever is
 * sent.
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
