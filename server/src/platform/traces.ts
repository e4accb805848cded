import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';

/*
 * What is traced, without knowing who traces: channels of Node.js, which cost nothing while nobody subscribes.
 * `tracing/` makes OpenTelemetry's spans of them.
 */

export interface StatementTrace {
  /** The SQL, whose values are parameters: it has nothing of a user. */
  text: string;
}

/** A statement: begins when it has a connection, and ends when its rows have arrived. */
export const statementTraces = tracingChannel<unknown, StatementTrace>('duly:statement');

export interface WorkTrace {
  /** For example `job purge-trash`; one of a few. */
  name: string;
}

/** Work that no request waits for: a job, reminders that fire, a message that is sent. */
export const workTraces = tracingChannel<unknown, WorkTrace>('duly:work');

export interface TraceScope {
  /** `traceparent`, and `tracestate` if the caller sent one, for requests to others (W3C Trace Context §3). */
  headers(): Readonly<Record<string, string>>;
}

/** The span that is current where this is read; none while nothing is traced. */
export const traceScopes = new AsyncLocalStorage<TraceScope>();

/** The trace that a request belongs to. */
export interface RequestTrace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Continues the request within its span. */
  run(next: () => void): void;
  /** @param route the pattern that matched, if any */
  end(outcome: { route: string | undefined; status: number; userId: string | null }): void;
}

export interface RequestTracer {
  /** Null if the request's trace is not kept, and the caller named none. */
  begin(request: { id: string; method: string; headers: IncomingHttpHeaders }): RequestTrace | null;
}
