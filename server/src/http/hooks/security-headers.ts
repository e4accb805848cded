import type { Config } from '../../config/config.ts';

/**
 * Headers of every response; pages and some routes replace single ones. API responses belong to one user, so only
 * private caches may store them, and must revalidate them before each use.
 */
export function securityHeaders({ auth }: Config): Record<string, string> {
  return {
    'cache-control': 'private, no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    // It restricts embedding only; CORS requests are not checked against it.
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    vary: 'Authorization',
    'x-content-type-options': 'nosniff',
    ...(auth.baseUrl.startsWith('https:')
      ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
      : {}),
  };
}
