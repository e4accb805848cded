import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingSettings } from '../config/tracing.ts';

const timeoutMs = 10_000;
/** `ExportResultCode.SUCCESS` of OpenTelemetry. */
const success = 0;

/** Sends spans as OTLP in JSON over HTTP. Says in the log when the collector is away, and when it is back. */
export function createExporter({ url, headers }: TracingSettings, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
  let isFailing = false;
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== success;
        if (hasFailed && !isFailing)
          log.warn({ reason: result.error?.message }, 'traces cannot be sent, and are dropped');
        if (!hasFailed && isFailing) log.info('traces are sent again');
        isFailing = hasFailed;
        onResult(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
