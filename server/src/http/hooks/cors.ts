import cors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isAllowedOrigin } from '../../accounts/origins.ts';
import type { Context } from '../../context.ts';
import { createHourlyLogFilter } from '../edge/hourly-log-filter.ts';

const exposedHeaders = [
  'Age',
  'Authorization',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  // What Better Auth's bearer plugin answers a sign-in with.
  'Set-Auth-Token',
  'WWW-Authenticate',
  'Warning',
  'X-Request-Id',
  'X-Total-Count',
];

/** RFC 9110 §5.6.2, without `*`. Browsers, libraries and error trackers add headers that no list here could know. */
const fieldName = /^[\w!#$%&'+.^`|~-]*$/;
const fieldNamesMaxLength = 2_048;

const areFieldNames = (list: string): boolean =>
  list.length <= fieldNamesMaxLength && list.split(',').every((name) => fieldName.test(name.trim()));

const refused: FastifyCorsOptions = { origin: false };
const allowed: FastifyCorsOptions = {
  origin: true,
  credentials: true,
  exposedHeaders,
  preflight: false,
};
const preflight: FastifyCorsOptions = {
  ...allowed,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  maxAge: 600,
  preflight: true,
  strictPreflight: false,
};

/** Lets the pages of allowed origins call, with the headers that they ask for (Fetch standard, "CORS protocol"). */
export async function registerCors(app: FastifyInstance, { config, log }: Context): Promise<void> {
  const noteRefused = createRefusedOriginLog(log);
  await app.register(cors, {
    delegator: ({ method, headers }: FastifyRequest, done) => {
      const { origin } = headers;
      if (origin === undefined) return done(null, refused);
      if (!isAllowedOrigin(config, origin)) {
        noteRefused(origin);
        return done(null, refused);
      }
      const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
      if (!isPreflight) return done(null, allowed);
      return done(null, areFieldNames(headers['access-control-request-headers'] ?? '') ? preflight : refused);
    },
  });
}

const maxLoggedOrigins = 20;
const maxLoggedLength = 200;

/** The browser tells its user little, and this server's operator nothing. */
function createRefusedOriginLog(log: Logger): (origin: string) => void {
  const isNew = createHourlyLogFilter(maxLoggedOrigins);
  return (text) => {
    // Anybody can send anything.
    const origin = text.slice(0, maxLoggedLength).replaceAll(/[^\x21-\x7e]/g, '?');
    // It cannot be set.
    if (origin === 'null' || !isNew(origin)) return;
    log.warn(
      { origin, setting: 'ALLOWED_ORIGINS' },
      'this origin may not call from a browser: ALLOWED_ORIGINS lists those that may',
    );
  };
}
