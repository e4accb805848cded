import Fastify, { type FastifyBaseLogger } from 'fastify';
import { isAuditRefusal } from '../audit/refused-entries.ts';
import type { Context } from '../context.ts';
import { notFound } from '../platform/errors.ts';
import type { App } from './app-type.ts';
import { bareRoutes } from './bare/routes.ts';
import { betterAuthRoutes } from './better-auth/routes.ts';
import { errorHandler } from './contract/errors.ts';
import { normalizeInput } from './contract/normalize-input.ts';
import { namedSchemas } from './contract/schemas.ts';
import { buildSerializer } from './contract/serializers.ts';
import { ajv, schemaErrorFormatter } from './contract/validation.ts';
import { documentApi } from './docs/routes.ts';
import { createEarlyResponses } from './edge/early-responses.ts';
import { warnAboutForwarded } from './edge/forwarded-headers.ts';
import { createServerFactory } from './edge/server.ts';
import { createShutdown } from './edge/shutdown.ts';
import { healthRoutes } from './health.ts';
import { parseJsonBodies } from './hooks/body.ts';
import { serveCachedResponses } from './hooks/cached-responses.ts';
import { createDocumentCompression } from './hooks/content-coding.ts';
import { registerCors } from './hooks/cors.ts';
import { readIdempotencyKeys } from './hooks/idempotency.ts';
import { logRequests, requestId } from './hooks/logging.ts';
import { methodNotAllowed } from './hooks/method-not-allowed.ts';
import { refuseEmptyParams } from './hooks/path-params.ts';
import { limitRequests } from './hooks/rate-limits.ts';
import { securityHeaders } from './hooks/security-headers.ts';
import { enforceServiceLock } from './hooks/service-lock.ts';
import { metricsRoute } from './metrics.ts';
import { renderError } from './v1/render.ts';
import { v1Routes } from './v1/routes.ts';

/** From the last byte of a request to its answer. */
const handlerTimeoutMs = 60_000;
const bodyLimitBytes = 65_536;
/** 255 characters of four bytes each, percent-encoded. */
const pathParameterMaxLength = 255 * 4 * 3;

/** The HTTP server, all of its routes in the order in which they are told apart. Not listening yet. */
export async function buildApp(ctx: Context): Promise<App> {
  const { trustedProxies } = ctx.config.http;
  const headers = securityHeaders(ctx.config);
  const earlyResponses = createEarlyResponses(headers, ctx.log);
  const shutdown = createShutdown();
  const loggerInstance: FastifyBaseLogger = ctx.log;
  const app: App = Fastify({
    loggerInstance,
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    // One for each request would cost more than the request's line; what is logged of a request names its id.
    childLoggerFactory: (logger) => logger,
    // Host, scheme and port are never taken from a request, forwarded or not: only the address is.
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    handlerTimeout: handlerTimeoutMs,
    // `closing.ts` says so, in the form of every error.
    return503OnClosing: false,
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: pathParameterMaxLength, ignoreTrailingSlash: true },
    ajv,
    schemaController: { compilersFactory: { buildSerializer } },
    schemaErrorFormatter,
    serverFactory: createServerFactory(ctx.config.http, earlyResponses, ctx.log, (handle) =>
      warnAboutForwarded(ctx, handle),
    ),
    clientErrorHandler: earlyResponses.respondToBroken,
    frameworkErrors: (error, request, reply) => {
      // No hook has run.
      reply.header('x-request-id', request.id).headers(headers);
      errorHandler(renderError)(error, request, reply);
    },
  });
  app.decorateRequest('identity', null);
  app.setErrorHandler(errorHandler(renderError));
  app.setNotFoundHandler(({ method, url }, reply) => {
    // Asks for the server as a whole (RFC 9110 §9.3.7).
    if (method === 'OPTIONS' && url === '*') return reply.code(204).send();
    throw notFound('Route');
  });
  logRequests(app, ctx, headers);
  app.addHook('onError', async (_request, _reply, error) => {
    if (isAuditRefusal(error)) ctx.refusedEntries.countUndone();
  });
  shutdown.endConnections(app);
  app.addHook('preClose', async () => ctx.subscriptions.close());
  for (const part of [ctx.changeNotifier, ctx.mailer, ctx.auditCounts, ctx.jobs, ctx.readRouter])
    app.addHook('onClose', () => part.close());
  parseJsonBodies(app);
  app.addHook('preValidation', normalizeInput);
  for (const schema of namedSchemas(ctx.config.http.bulkMaxOperations)) app.addSchema(schema);
  await registerCors(app, ctx);
  readIdempotencyKeys(app);
  limitRequests(app, ctx);
  refuseEmptyParams(app);
  enforceServiceLock(app, ctx);
  serveCachedResponses(app, ctx);

  const refuseOtherMethods = methodNotAllowed(app);
  await documentApi(app);
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
  const compress = createDocumentCompression();
  app.get('/openapi.json', { schema: { hide: true }, onSend: compress }, () => app.swagger());
  healthRoutes(app, ctx);
  metricsRoute(app, ctx);
  await app.register((scope: App) => v1Routes(scope, ctx), { prefix: '/api/v1' });
  await app.register((scope) => betterAuthRoutes(scope, ctx), { prefix: '/api/auth' });
  await app.register((scope: App) => bareRoutes(scope, ctx), { prefix: '/api' });
  refuseOtherMethods();
  return app;
}
