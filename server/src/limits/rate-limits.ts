import type { LimitSettings, Quota } from '../config/limits.ts';

export interface RateLimit {
  /** As the `RateLimit` headers call it. */
  readonly name: string;
  /** Null when the limit is off. */
  readonly quota: Quota | null;
}

/**
 * How far past `account` tries on one account go on being checked, so that its owner gets in from a new address while
 * a stranger guesses.
 */
const hardLimitFactor = 5;

/** All limits. Each counts by itself: a request that one of them refuses may have been counted by others. */
export function limitTable({ perUser, perAddress, auth }: LimitSettings) {
  return {
    /** Per address: every request but health checks and preflights, before anything else is known of it. */
    address: { name: 'address', quota: perAddress },
    /** Per address, besides: the ways in, see below. */
    auth: { name: 'auth', quota: auth },
    /**
     * Per account over all addresses: log-ins from addresses that did not succeed lately. Past it a wrong password is
     * answered with 429.
     */
    account: { name: 'account', quota: auth },
    /** The same log-ins: past this, not even the right password is looked at. */
    hardLimit: { name: 'siege', quota: auth && { ...auth, requests: auth.requests * hardLimitFactor } },
    /** Per account: the other ways in that name one, most of which send mail. */
    mail: { name: 'account', quota: auth },
    /** Per user, by token. */
    user: { name: 'user', quota: perUser },
  } satisfies Record<string, RateLimit>;
}

/** How long an address from which a log-in succeeded stays known to its account. */
export const knownAddressSeconds = 30 * 24 * 3600;

/** The most counters that each limit keeps in the process; the least recently used goes first. */
export const maxCounters = 20_000;

/** The most pairs of account and address that are known to the process. */
export const maxKnownAddresses = 50_000;

/** Routes that take a password, a code or a link's token, make an account or send mail. */
const authRoutePatterns = [
  /^\/api\/v1\/auth\/(?!logout$|pages\/)/,
  /^\/api\/v1\/users\/:user_id\/(?:password|email|totp|two-factor)(?:\/|$)/,
];
const loginRoute = '/api/v1/auth/login';

/** The same of Better Auth, by a segment anywhere in its path. */
const betterAuthRoute = '/api/auth/*';
const betterAuthSegments = [
  'sign-in',
  'sign-up',
  'request-password-reset',
  'forget-password',
  'reset-password',
  'send-verification-email',
  'verify-email',
  'verify-password',
  'change-password',
  'set-password',
  'change-email',
  'delete-user',
  'two-factor',
];

export type AuthEndpoint = 'login' | 'other';

/**
 * Whether a request is a way in, and which kind.
 * @param route the pattern of the route that matched, whatever the path's spelling
 * @param url the path as it came, with or without a query
 */
export function authEndpointOf(route: string | undefined, url: string): AuthEndpoint | null {
  if (route === undefined) return null;
  if (route === betterAuthRoute) {
    const segments = pathSegments(url);
    if (segments.includes('sign-in') && segments.includes('email')) return 'login';
    return betterAuthSegments.some((name) => segments.includes(name)) ? 'other' : null;
  }
  if (route === loginRoute) return 'login';
  return authRoutePatterns.some((pattern) => pattern.test(route)) ? 'other' : null;
}

/**
 * Generous, as what Better Auth makes of a spelling is its own affair: too strict on a path that it refuses costs
 * nobody anything.
 */
function pathSegments(url: string): string[] {
  let path = url.split(/[?#]/, 1)[0] ?? '';
  for (let depth = 0; depth < 3 && path.includes('%'); depth += 1) {
    try {
      path = decodeURIComponent(path);
    } catch {
      break;
    }
  }
  return path
    .toLowerCase()
    .replaceAll(/[\t\n\r]/g, '')
    .split(/[/\\;]/);
}
