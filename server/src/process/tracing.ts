import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** Null without a collector. OpenTelemetry is not even loaded then. */
export async function openTracing({ tracing }: Config, log: Logger): Promise<Tracing | null> {
  if (tracing === null) return null;
  const { startTracing } = await import('../tracing/tracing.ts');
  return startTracing(tracing, log);
}
