import type { IncomingMessage } from 'node:http';
import { isAllowedOrigin } from '../../accounts/origins.ts';
import type { Context } from '../../context.ts';
import { type Admission, createAdmission } from './admission.ts';
import type { EarlyResponses } from './early-responses.ts';

/** Balancers and operators ask these when the service is busy. */
const urgentPaths = /^\/(?:health(?:\/live|\/ready)?|metrics)\/?(?:\?|$)/;
const logIntervalMs = 1_000;

/**
 * Refuses what this process has no time for with a 503, before any hook. Users take turns: the user of a token that was
 * accepted before, else all callers of an address together.
 */
export function createOverloadGuard(ctx: Context, { refuseExcess }: EarlyResponses): Admission {
  const { config, log, tokenVerifier } = ctx;
  let loggedAt = Number.NEGATIVE_INFINITY;

  function logRefusal(): void {
    const now = performance.now();
    if (now - loggedAt < logIntervalMs) return;
    loggedAt = now;
    log.warn(admission.stats(), 'there are more requests than can be answered: some get a 503');
  }

  const admission = createAdmission({
    userOf({ headers: { authorization = '' }, socket }) {
      const userId = tokenVerifier.knownUserOf(authorization);
      // No user id contains NUL.
      return userId ?? `\0${socket.remoteAddress}`;
    },
    isUrgent: ({ url = '' }) => urgentPaths.test(url),
    refuse({ request, response }) {
      logRefusal();
      refuseExcess(request, response, corsHeaders(request));
    },
  });

  /** A page can read the refusal, and so its `Retry-After`. */
  function corsHeaders({ headers: { origin } }: IncomingMessage): Record<string, string> {
    if (origin === undefined || !isAllowedOrigin(config, origin)) return {};
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Retry-After, X-Request-Id',
      vary: 'Origin',
    };
  }

  return admission;
}
