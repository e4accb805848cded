import { type Env, integer, isHttp, parseUrl, refuse, text } from './values.ts';

export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly allowedOrigins: readonly string[];
}

export function httpSettings(env: Env): HttpSettings {
  return Object.freeze({
    host: text(env, 'HOST') ?? '127.0.0.1',
    port: integer(env, 'PORT', 8000, 0, 65535),
    allowedOrigins: Object.freeze(allowedOrigins(env)),
  });
}

function allowedOrigins(env: Env): string[] {
  const value = text(env, 'ALLOWED_ORIGINS') ?? 'http://localhost:3000';
  return value.split(',').map((part) => {
    const origin = part.trim();
    const url = parseUrl(origin);
    // A host may hold a `*`, which Better Auth would take for a pattern.
    if (url !== null && isHttp(url) && url.origin === origin && !origin.includes('*')) return origin;
    return refuse(
      'ALLOWED_ORIGINS',
      JSON.stringify(origin),
      'comma-separated exact origins such as https://app.example.com (no *, no path, no trailing slash)',
    );
  });
}
