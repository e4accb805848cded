import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type RequestTrace, type RequestTracer, traceScopes } from '../platform/traces.ts';
import type { Keeps } from './sampling.ts';
import { propagator, SpanScope } from './scope.ts';

/**
 * A span for each request, by OpenTelemetry's conventions for HTTP. Like the log, it has the route's pattern instead of
 * the URL, because paths and queries contain ids and search texts.
 */
export function createRequestTracer(tracer: Tracer, keeps: Keeps): RequestTracer {
  return {
    begin({ id, method, headers }) {
      const parent =
        headers.traceparent === undefined
          ? ROOT_CONTEXT
          : propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const caller = trace.getSpanContext(parent);
      if (!keeps(caller)) return caller === undefined ? null : withoutSpan(caller.traceId);
      const attributes = { 'http.request.method': method, 'duly.request_id': id };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      const scope = new SpanScope(span, parent);
      return {
        traceId: span.spanContext().traceId,
        run: (next) => traceScopes.run(scope, next),
        end({ route, status, userId }) {
          if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
          if (userId !== null) span.setAttribute('user.id', userId);
          span.setAttribute('http.response.status_code', status);
          if (status >= 500)
            span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
          span.end();
        },
      };
    },
  };
}

/** The log still has the caller's trace. */
const withoutSpan = (traceId: string): RequestTrace => ({ traceId, run: (next) => next(), end() {} });
