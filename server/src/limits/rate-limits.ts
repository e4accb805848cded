import type { LimitSettings, Quota } from '../config/limits.ts';

export interface RateLimit {
  /** The policy name in the `RateLimit` headers and in metrics. */
  readonly name: string;
  /** Null when the limit is off. */
  readonly quota: Quota | null;
}

/**
 * The hard limit as a multiple of `account`. Between the two the password is still checked. So the owner can log in
 * from a new IP address while a stranger guesses.
 */
const hardLimitFactor = 5;

/**
 * All limits by id. A request that one limit refuses may count for others. Each has a counter of its own, except
 * `account`: it reads the counter of `hardLimit`.
 */
export function limitTable({ perUser, perAddress, auth }: LimitSettings) {
  return {
    /** Per IP address, before authentication: every request except health checks and preflights. */
    address: { name: 'address', quota: perAddress },
    /** Per IP address, in addition: the auth endpoints below. */
    auth: { name: 'auth', quota: auth },
    /** Per account: log-ins from unknown IP addresses. Beyond it a wrong password gets 429 instead of 401. */
    account: { name: 'account', quota: auth },
    /** Per account: the same log-ins. Beyond it the password is not checked: 429 even for the right one. */
    hardLimit: { name: 'account', quota: auth && { ...auth, requests: auth.requests * hardLimitFactor } },
    /** Per account: the other auth endpoints that name one, most of which send mail. */
    mail: { name: 'account', quota: auth },
    /** Per user of a verified token. */
    user: { name: 'user', quota: perUser },
  } satisfies Record<string, RateLimit>;
}

export type RateLimitId = keyof ReturnType<typeof limitTable>;

/** The limits that have a counter. */
export type CountedLimitId = Exclude<RateLimitId, 'account'>;

/** How long an IP address counts as known after a log-in from it succeeded. */
export const knownAddressSeconds = 30 * 24 * 3600;

/** Maximum of counters in memory for each limit. The least recently used one is evicted first. */
export const maxCounters = 20_000;

/** Maximum of known pairs of account and IP address in memory. */
export const maxKnownAddresses = 50_000;

/** Auth endpoints of v1: routes that take a password, a code or a link's token, create an account or send mail. */
const authRoutePatterns = [
  /^\/api\/v1\/auth\/(?!logout$|pages\/)/,
  /^\/api\/v1\/users\/:user_id\/(?:password|email)(?:\/|$)/,
  /^\/api\/v1\/users\/:user_id\/channels\/:channel_id\/test$/,
];
const loginRoute = '/api/v1/auth/login';
/** Its DELETE takes a password; reads of the profile have the same URL. */
const userRoute = '/api/v1/users/:user_id';

/** Auth endpoints of Better Auth, by a segment anywhere in the path. */
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
 * The kind of auth endpoint that a request addresses; null for other routes.
 * @param route the pattern of the matched route, such as `/api/v1/users/:user_id/tasks`
 * @param url the request target as received, with or without a query
 */
export function authEndpointOf(route: string | undefined, url: string, method = 'GET'): AuthEndpoint | null {
  if (route === undefined) return null;
  if (route === userRoute && method === 'DELETE') return 'other';
  if (route === betterAuthRoute) {
    const segments = pathSegments(url);
    if (segments.includes('sign-in') && segments.includes('email')) return 'login';
    return betterAuthSegments.some((name) => segments.includes(name)) ? 'other' : null;
  }
  if (route === loginRoute) return 'login';
  return authRoutePatterns.some((pattern) => pattern.test(route)) ? 'other' : null;
}

/**
 * Decodes more than Better Auth does (three levels, backslashes, semicolons), so that no spelling evades the limit. A
 * path counted in error is one that Better Auth rejects.
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
