import type { FastifyReply } from 'fastify';
import type { Context } from '../context.ts';
import { retryRead } from '../db/retry-read.ts';
import type { App } from './app-type.ts';
import { errorHandler } from './contract/errors.ts';
import type { Call, Operation } from './contract/operation.ts';
import { operationSchema } from './contract/operation-schema.ts';
import type { Surface } from './contract/surface.ts';
import { requireAdmin, requireToken } from './hooks/authentication.ts';
import { sendCached } from './hooks/cached-responses.ts';
import { methodNotAllowed } from './hooks/method-not-allowed.ts';
import { type Route, routes } from './routes.ts';
import { scopesOf } from './scopes.ts';

/** RFC 9110 §9.2.1. */
const safeMethods = new Set(['GET', 'HEAD']);

const requirements = { public: () => {}, token: requireToken, admin: requireAdmin };

/** Registers the table. Consecutive routes with the same access and surface share a scope: hooks and error handler. */
export async function registerRoutes(app: App, ctx: Context): Promise<void> {
  const refuseOtherMethods = methodNotAllowed(app);
  for (const { access, surface, group } of scopesOf(routes)) {
    await app.register(async (scope: App) => {
      scope.setErrorHandler(errorHandler(surface.renderError));
      requirements[access](scope, ctx);
      for (const route of group) await registerRoute(scope, route, ctx);
    });
  }
  refuseOtherMethods();
}

async function registerRoute(scope: App, { method, url, target, surface, access }: Route, ctx: Context) {
  if (typeof target === 'function') return target(scope, ctx);
  const methods = method === 'ALL' ? scope.supportedMethods : method.split(' ');
  if ('id' in target)
    scope.route({
      method: methods,
      url,
      schema: operationSchema(target, surface, access, ctx.config),
      config: 'success' in target ? { ...target.caching } : {},
      ...target.options,
      handler: operationHandler(target, surface, ctx),
    });
  else
    scope.route({
      method: methods,
      url,
      schema: { hide: true },
      onSend: target.createOnSend?.() ?? [],
      handler: (request, reply) => target.handle({ ctx, db: ctx.db, request, reply }),
    });
}

/** Calls the operation, through the response cache if it has `caching`, and renders the result. */
function operationHandler(operation: Operation, surface: Surface, ctx: Context) {
  if (!('success' in operation))
    return async (request: Call['request'], reply: FastifyReply) =>
      operation.handle({ ctx, db: ctx.db, request, reply });
  const { success, caching } = operation;
  const status = surface.status(success);
  if (caching !== undefined)
    return (request: Call['request'], reply: FastifyReply) =>
      sendCached(ctx, request, reply, async (db) => {
        const result = await operation.handle({ ctx, db, request, reply });
        return { ...result, payload: surface.render(result, success) };
      });
  return async (request: Call['request'], reply: FastifyReply) => {
    const handle = () => operation.handle({ ctx, db: ctx.db, request, reply });
    const result = await (safeMethods.has(request.method) ? retryRead(handle) : handle());
    reply.status(status).headers(result.headers ?? {});
    const body = surface.render(result, success);
    return body === undefined ? reply.send() : body;
  };
}
