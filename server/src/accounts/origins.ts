import type { BetterAuthPlugin } from 'better-auth';
import type { Config } from '../config/config.ts';
import { isLoopback, parseUrl, webOriginOf } from '../config/values.ts';

const loopbackOrigin = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

type OriginSettings = Pick<Config, 'auth' | 'http'>;

/**
 * Whether the pages of an origin, as browsers write it, may call this server: the one answer for CORS, Better Auth and
 * the guard of the cookie routes. With ALLOWED_ORIGINS unset and BETTER_AUTH_URL on this machine, every port of it is
 * allowed.
 */
export function isAllowedOrigin({ auth, http }: OriginSettings, origin: string): boolean {
  if (origin === auth.baseUrl) return true;
  if (http.allowedOrigins !== null) return http.allowedOrigins.includes(origin);
  if (!loopbackOrigin.test(origin) || !isLoopback(new URL(auth.baseUrl))) return false;
  return parseUrl(origin)?.origin === origin;
}

/** The origin of a URL, if it is allowed: Better Auth takes lists. */
function allowedOriginsOf(settings: OriginSettings, text: string): string[] {
  const url = parseUrl(text);
  const origin = url && webOriginOf(url);
  return origin !== null && isAllowedOrigin(settings, origin) ? [origin] : [];
}

/** For Better Auth's check of where a request comes from. */
export const trustedOrigins = (settings: OriginSettings) => (request?: Request) =>
  allowedOriginsOf(settings, request?.headers.get('origin') ?? request?.headers.get('referer') ?? '');

/** For its check of where a link may lead, such as `callbackURL`; left to itself it knows of fixed lists only. */
export const trustedLinks = (settings: OriginSettings) =>
  ({
    id: 'trusted-links',
    init: ({ isTrustedOrigin }) => ({
      context: {
        isTrustedOrigin(url, options) {
          const { baseUrl } = settings.auth;
          const context = { ...this, trustedOrigins: [baseUrl, ...allowedOriginsOf(settings, url)] };
          return isTrustedOrigin.call(context, url, options);
        },
      },
    }),
  }) satisfies BetterAuthPlugin;
