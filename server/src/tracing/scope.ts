import { type Context, defaultTextMapSetter, type Span, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { TraceScope } from '../platform/traces.ts';

export const propagator = new W3CTraceContextPropagator();

/** A span, and the context in which others are its children. */
export class SpanScope implements TraceScope {
  readonly span: Span;
  readonly context: Context;

  constructor(span: Span, parent: Context) {
    this.span = span;
    this.context = trace.setSpan(parent, span);
  }

  headers(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    propagator.inject(this.context, headers, defaultTextMapSetter);
    return headers;
  }
}
