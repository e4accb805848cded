import type { Server } from 'node:http';
import Fastify, { type FastifyBaseLogger, type FastifyServerOptions } from 'fastify';
import { isAuditRefusal } from '../audit/refused-entries.ts';
import type { Context } from '../context.ts';
import { notFound } from '../platform/errors.ts';
import type { RequestTracer } from '../platform/traces.ts';
import type { App } from './app-type.ts';
import { createSerializerCompiler, createValidatorCompiler } from './contract/compilers.ts';
import { errorHandler, renderError } from './contract/errors.ts';
import { normalizeInput } from './contract/normalize-input.ts';
import { namedSchemas } from './contract/schemas.ts';
import { schemaErrorFormatter } from './contract/validation.ts';
import { documentApi } from './docs/document.ts';
import { createEarlyResponses } from './edge/early-responses.ts';
import { warnAboutForwarded } from './edge/forwarded-headers.ts';
import { createOverloadGuard } from './edge/overload.ts';
import { createServerFactory } from './edge/server.ts';
import { createShutdown } from './edge/shutdown.ts';
import { parseJsonBodies } from './hooks/body.ts';
import { serveCachedResponses } from './hooks/cached-responses.ts';
import { registerCors } from './hooks/cors.ts';
import { timeOutHandlers } from './hooks/handler-timeout.ts';
import { readIdempotencyKeys } from './hooks/idempotency.ts';
import { logRequests, requestId } from './hooks/logging.ts';
import { refuseEmptyParams } from './hooks/path-params.ts';
import { limitRequests } from './hooks/rate-limits.ts';
import { securityHeaders } from './hooks/security-headers.ts';
import { enforceServiceLock } from './hooks/service-lock.ts';
import { traceRequests } from './hooks/tracing.ts';
import { registerRoutes } from './register-routes.ts';

const bodyLimitBytes = 65_536;
/** 255 characters of four bytes each, percent-encoded. */
const pathParameterMaxLength = 255 * 4 * 3;

/**
 * The HTTP server with its hooks and routes; not listening yet.
 * @param tracer null: requests are not traced
 */
export async function buildApp(ctx: Context, tracer: RequestTracer | null = null): Promise<App> {
  const headers = securityHeaders(ctx.config);
  const shutdown = createShutdown();
  const app: App = Fastify(serverOptions(ctx, headers));
  app.decorateRequest('caller', null);
  app.setErrorHandler(errorHandler(renderError));
  app.setNotFoundHandler(({ method, url }, reply) => {
    // `OPTIONS *` is about the server as a whole (RFC 9110 §9.3.7).
    if (method === 'OPTIONS' && url === '*') return reply.code(204).send();
    throw notFound('Route');
  });
  const named = namedSchemas(ctx.config.http.bulkMaxOperations);
  for (const schema of named) app.addSchema(schema);
  app.setValidatorCompiler(createValidatorCompiler(named));
  app.setSerializerCompiler(createSerializerCompiler(named));

  parseJsonBodies(app);

  // Hooks run in this order within a phase; those of tokens, scopes and single routes follow (`routes.ts`).
  traceRequests(app, tracer); // onRequest, preValidation, onResponse
  timeOutHandlers(app); // onReady, onClose, onRequest, onResponse
  logRequests(app, ctx, headers); // onRequest, onResponse
  countRefusedAuditEntries(app, ctx); // onError
  shutdown.endConnections(app); // onRequest, onSend, preClose
  closePartsWith(app, ctx); // preClose, onClose
  app.addHook('preValidation', normalizeInput);
  await registerCors(app, ctx); // onRequest
  readIdempotencyKeys(app); // preHandler, onSend
  limitRequests(app, ctx); // onReady, onClose, onRequest, preHandler, onSend
  refuseEmptyParams(app); // onRequest
  enforceServiceLock(app, ctx); // onRequest
  serveCachedResponses(app, ctx); // onRoute: the last onRequest hook of each cacheable route

  await documentApi(app);
  await registerRoutes(app, ctx);
  return app;
}

function serverOptions(ctx: Context, headers: Record<string, string>) {
  const { config, log } = ctx;
  const { trustedProxies } = config.http;
  const loggerInstance: FastifyBaseLogger = log;
  const earlyResponses = createEarlyResponses(headers, log);
  const overload = createOverloadGuard(ctx, earlyResponses);
  ctx.metrics.observeOverload(overload.stats);
  return {
    loggerInstance,
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    // A child logger for each request would cost more than the request's line; lines name the request's id.
    childLoggerFactory: (logger) => logger,
    // Only the address is taken from forwarding headers; host, scheme and port never are.
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // Fastify's own 503 has another body than our errors; `edge/shutdown.ts` sends ours.
    return503OnClosing: false,
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: pathParameterMaxLength, ignoreTrailingSlash: true },
    schemaErrorFormatter,
    serverFactory: createServerFactory(config.http, earlyResponses, log, (handle) =>
      overload.admit(warnAboutForwarded(ctx, handle)),
    ),
    clientErrorHandler: earlyResponses.respondToBroken,
    frameworkErrors: (error, request, reply) => {
      // No hook has run.
      reply.header('x-request-id', request.id).headers(headers);
      errorHandler(renderError)(error, request, reply);
    },
  } satisfies FastifyServerOptions<Server>;
}

/** Counts writes that were rolled back because the database rejected their audit entry. */
function countRefusedAuditEntries(app: App, { refusedEntries }: Context): void {
  app.addHook('onError', async (_request, _reply, error) => {
    if (isAuditRefusal(error)) refusedEntries.countUndone();
  });
}

/** Subscriptions end first: the server waits for the connections of their streams. */
function closePartsWith(app: App, ctx: Context): void {
  const { changeNotifier, mailer, senders, auditCounts, erasures, jobs, readRouter, subscriptions } = ctx;
  const { orderIndexes, statistics } = ctx;
  app.addHook('preClose', async () => subscriptions.close());
  const others = [auditCounts, erasures, jobs, readRouter, orderIndexes, statistics];
  for (const part of [changeNotifier, mailer, senders, ...others]) app.addHook('onClose', () => part.close());
}
