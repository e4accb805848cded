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
  // Better Auth's bearer plugin sends the session token in it.
  'Set-Auth-Token',
  'WWW-Authenticate',
  'Warning',
  'X-Request-Id',
  'X-Total-Count',
  'X-Valid-Until',
];

/** RFC 9110 §5.6.2, without `*`. Any name is allowed: browsers, libraries and error trackers add their own headers. */
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

/** Allows calls from pages of the allowed origins, with any request headers (Fetch standard, "CORS protocol"). */
export async function registerCors(app: FastifyInstance, { config, log }: Context): Promise<void> {
  const logRefused = createRefusedOriginLog(log);
  await app.register(cors, {
    delegator: ({ method, headers }: FastifyRequest, done) => {
      const { origin } = headers;
      if (origin === undefined) return done(null, refused);
      if (!isAllowedOrigin(config, origin)) {
        logRefused(origin);
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

/** Logs refused origins: the browser's message does not name the setting, and the operator does not see it. */
function createRefusedOriginLog(log: Logger): (origin: string) => void {
  const isNew = createHourlyLogFilter(maxLoggedOrigins);
  return (text) => {
    // The header is not validated: it must not forge log lines or fill the log.
    const origin = text.slice(0, maxLoggedLength).replaceAll(/[^\x21-\x7e]/g, '?');
    // ALLOWED_ORIGINS cannot list `null`.
    if (origin === 'null' || !isNew(origin)) return;
    log.warn(
      { origin, setting: 'ALLOWED_ORIGINS' },
      'this origin may not call from a browser: ALLOWED_ORIGINS lists those that may',
    );
  };
}
