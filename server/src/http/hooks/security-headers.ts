import type { Config } from '../../config/config.ts';

/**
 * Every answer has these, whoever gives it; a page or a route with reasons of its own replaces single ones.
 * API answers are one user's, so caches may keep them for that user only, and have to ask before each use.
 */
export function securityHeaders({ auth }: Config): Record<string, string> {
  return {
    'cache-control': 'private, no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    // Holds for embedding only: what CORS allows is not asked for it.
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    vary: 'Authorization',
    'x-content-type-options': 'nosniff',
    ...(auth.baseUrl.startsWith('https:')
      ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
      : {}),
  };
}
