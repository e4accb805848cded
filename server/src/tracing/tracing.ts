import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingSettings } from '../config/tracing.ts';
import type { RequestTracer } from '../platform/traces.ts';
import { version } from '../platform/version.ts';
import { createExporter } from './exporter.ts';
import { createRequestTracer } from './requests.ts';
import { createKeeps } from './sampling.ts';
import { traceWork } from './work.ts';

export interface Tracing {
  requests: RequestTracer;
  /** Sends what has ended, for 2 s at most. */
  close(): Promise<void>;
}

const closeTimeoutMs = 2_000;
const sendIntervalMs = 1_000;
/** Longer SQL is cut. */
const attributeMaxLength = 4_096;

/** Makes spans of requests, statements and other work, and sends them to a collector. */
export function startTracing(settings: TracingSettings, log: Logger): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': settings.serviceName,
      'service.version': version,
      'service.instance.id': randomUUID(),
      'process.pid': process.pid,
      ...settings.attributes,
    }),
    // `keeps` has decided before: a span that is not kept is never begun.
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: attributeMaxLength },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(settings, log),
        scheduledDelayMillis: sendIntervalMs,
      }),
    ],
  });
  const tracer = provider.getTracer('duly', version);
  const keeps = createKeeps(settings.sampleRatio);
  const stop = traceWork(tracer, keeps);
  return {
    requests: createRequestTracer(tracer, keeps),
    async close() {
      stop();
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, sleep(closeTimeoutMs, undefined, { ref: false })]);
    },
  };
}
