import type { RequestListener } from 'node:http';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { isAuditRefusal } from '../audit/refused.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { App } from './app-type.ts';
import { bareRoutes } from './bare/routes.ts';
import { betterAuthRoutes } from './better-auth.ts';
import { parseJsonBodies } from './body.ts';
import { createEarlyAnswers } from './broken-request.ts';
import { createClosing } from './closing.ts';
import { createDocumentCompression } from './coding.ts';
import { allowOrigins } from './cors.ts';
import { documentApi } from './docs.ts';
import { errorHandler } from './errors.ts';
import { warnOfForwarded } from './forwarded.ts';
import { healthRoutes } from './health.ts';
import { takeIdempotencyKeys } from './idempotency.ts';
import { prepareInput } from './input.ts';
import { logRequests, requestId } from './logging.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { metricsRoute } from './metrics.ts';
import { refuseEmptyParams } from './paths.ts';
import { limitRequests } from './rate-limits.ts';
import { createRepeats, type Repeats } from './repeats.ts';
import { namedSchemas } from './schemas.ts';
import { securityHeaders } from './security-headers.ts';
import { buildSerializer } from './serializers.ts';
import { serverFactory } from './server.ts';
import { obeyServiceLock } from './service-lock.ts';
import { renderError } from './v1/render.ts';
import { v1Routes } from './v1/routes.ts';
import { ajv, schemaErrorFormatter } from './validation.ts';

/** From the last byte of a request to its answer. */
const handlerTimeoutMs = 60_000;
const bodyLimitBytes = 65_536;
/** 255 characters of four bytes each, percent-encoded. */
const pathParameterMaxLength = 255 * 4 * 3;

/** The HTTP server, all of its routes in the order in which they are told apart. Not listening yet. */
export async function buildApp(ctx: Context): Promise<App> {
  const { trustedProxies } = ctx.config.http;
  const headers = securityHeaders(ctx.config);
  const early = createEarlyAnswers(headers, ctx.log);
  const closing = createClosing();
  const repeats = createRepeats(ctx, closing.isClosing);
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
    serverFactory: serverFactory(ctx.config.http, early, ctx.log, beforeRoutes(ctx, repeats)),
    clientErrorHandler: early.answerBroken,
    frameworkErrors: (error, request, reply) => {
      // No hook has run.
      reply.header('x-request-id', request.id).headers(headers);
      errorHandler(renderError)(error, request, reply);
    },
  });
  app.decorate('repeats', repeats);
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
  closing.endConnections(app);
  app.addHook('preClose', async () => ctx.followers.close());
  for (const part of [ctx.wakeUps, ctx.mailer, ctx.auditCounts, ctx.jobs, ctx.reads])
    app.addHook('onClose', () => part.close());
  parseJsonBodies(app);
  app.addHook('preValidation', prepareInput);
  for (const schema of namedSchemas(ctx.config.http.bulkMaxOperations)) app.addSchema(schema);
  await allowOrigins(app, ctx);
  takeIdempotencyKeys(app);
  limitRequests(app, ctx);
  refuseEmptyParams(app);
  obeyServiceLock(app, ctx);

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

const beforeRoutes = (ctx: Context, repeats: Repeats) => (handle: RequestListener) =>
  warnOfForwarded(ctx, repeats.before(handle));
