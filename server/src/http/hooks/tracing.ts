import type { FastifyInstance } from 'fastify';
import type { RequestTrace, RequestTracer } from '../../platform/traces.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null if the request is not traced, and the caller named no trace. */
    trace: RequestTrace | null;
  }
}

/**
 * Runs each request within a span. Without a tracer there are no hooks, so that untraced requests pay nothing.
 */
export function traceRequests(app: FastifyInstance, tracer: RequestTracer | null): void {
  app.decorateRequest('trace', null);
  if (tracer === null) return;
  app.addHook('onRequest', (request, _reply, done) => {
    request.trace = tracer.begin(request);
    if (request.trace === null) done();
    else request.trace.run(done);
  });
  // The events of a body come from the connection, outside the span.
  app.addHook('preValidation', ({ trace }, _reply, done) => (trace === null ? done() : trace.run(done)));
  app.addHook('onResponse', ({ trace, routeOptions, caller }, { statusCode }, done) => {
    trace?.end({ route: routeOptions.url, status: statusCode, userId: caller?.userId ?? null });
    done();
  });
}
