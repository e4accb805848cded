import type { TracingChannel } from 'node:diagnostics_channel';
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { errorCodeOf } from '../db/failures.ts';
import {
  type StatementTrace,
  statementTraces,
  type TraceScope,
  traceScopes,
  workTraces,
} from '../platform/traces.ts';
import type { Keeps } from './sampling.ts';
import { SpanScope } from './scope.ts';

/** Spans for statements and for other work. @returns what ends them */
export function traceWork(tracer: Tracer, keeps: Keeps): () => void {
  const stops = [
    traceChannel(workTraces, ({ name }, parent) => {
      if (parent !== undefined) return tracer.startSpan(name, {}, parent.context);
      return keeps(undefined) ? tracer.startSpan(name, {}, ROOT_CONTEXT) : null;
    }),
    // None for what has no span, such as a loop that waits for work, or whose span has ended, such as an event stream.
    traceChannel(statementTraces, (statement, parent) =>
      parent?.span.isRecording() === true ? startStatement(tracer, statement, parent) : null,
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function startStatement(tracer: Tracer, { text }: StatementTrace, { context }: SpanScope): Span {
  const summary = summaryOf(text);
  const attributes = {
    'db.system.name': 'postgresql',
    'db.query.text': text,
    'db.query.summary': summary,
  };
  return tracer.startSpan(summary, { kind: SpanKind.CLIENT, attributes }, context);
}

const change =
  /\b(insert) into ("?\w+"?\."?\w+"?)|\b(update) ("?\w+"?\."?\w+"?)|\b(delete) from ("?\w+"?\."?\w+"?)/g;
const read = /\bfrom ("?duly"?\."?\w+"?)/;

/** What a statement changes, such as `insert duly.owners insert duly.tasks`; else the first table that it reads. */
export function summaryOf(text: string): string {
  const changes = [...text.matchAll(change)].map((found) => found.slice(1).filter(Boolean).join(' '));
  if (changes.length > 0) return withoutQuotes([...new Set(changes)].join(' '));
  const [, table] = read.exec(text) ?? [];
  if (table !== undefined) return withoutQuotes(`select ${table}`);
  return /\w+/.exec(text)?.[0] ?? '';
}

const withoutQuotes = (text: string) => text.replaceAll('"', '');

function traceChannel<T extends object>(
  channel: TracingChannel<unknown, T>,
  start: (message: T, parent: SpanScope | undefined) => Span | null,
): () => void {
  const spans = new WeakMap<object, Span>();
  const spanOf = (message: unknown) => spans.get(message as T);
  const begin = (message: T): TraceScope | undefined => {
    const current = traceScopes.getStore();
    const parent = current instanceof SpanScope ? current : undefined;
    const span = start(message, parent);
    if (span === null) return current;
    spans.set(message, span);
    return new SpanScope(span, parent?.context ?? ROOT_CONTEXT);
  };
  // Messages of the database may contain values, so only its code is kept.
  const fail = (message: unknown) => {
    const { error } = message as T & { error: unknown };
    const type = errorCodeOf(error) || 'error';
    spanOf(message)?.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type);
  };
  const end = (message: unknown) => spanOf(message)?.end();
  channel.start.bindStore(traceScopes, begin);
  channel.error.subscribe(fail);
  channel.asyncEnd.subscribe(end);
  return () => {
    channel.start.unbindStore(traceScopes);
    channel.error.unsubscribe(fail);
    channel.asyncEnd.unsubscribe(end);
  };
}
