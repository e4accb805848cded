import type { BetterAuthPlugin } from 'better-auth';
import type { Config } from '../config/config.ts';
import { isLoopback, parseUrl, webOriginOf } from '../config/values.ts';

const loopbackOrigin = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

type OriginSettings = Pick<Config, 'auth' | 'http'>;

/**
 * Whether pages of a web origin may call this server. CORS, Better Auth and the CSRF check of the cookie routes all use
 * this function. Without ALLOWED_ORIGINS, and with BETTER_AUTH_URL on a loopback address, every loopback origin is
 * allowed.
 * @param origin the value of an `Origin` header (RFC 6454 §6.2)
 */
export function isAllowedOrigin({ auth, http }: OriginSettings, origin: string): boolean {
  if (origin === auth.baseUrl) return true;
  if (http.allowedOrigins !== null) return http.allowedOrigins.includes(origin);
  if (!loopbackOrigin.test(origin) || !isLoopback(new URL(auth.baseUrl))) return false;
  return parseUrl(origin)?.origin === origin;
}

/** A list of the URL's origin if it is allowed, else an empty one: the form that Better Auth takes. */
function allowedOriginsOf(settings: OriginSettings, text: string): string[] {
  const url = parseUrl(text);
  const origin = url && webOriginOf(url);
  return origin !== null && isAllowedOrigin(settings, origin) ? [origin] : [];
}

/** For Better Auth's check of `Origin` and `Referer`. */
export const trustedOrigins = (settings: OriginSettings) => (request?: Request) =>
  allowedOriginsOf(settings, request?.headers.get('origin') ?? request?.headers.get('referer') ?? '');

/** For Better Auth's check of redirect targets such as `callbackURL`, which supports fixed lists only. */
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
