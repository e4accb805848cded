import { ROOT_CONTEXT, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';

/** Whether a trace is kept, which begins here or continues the caller's. */
export type Keeps = (caller: SpanContext | undefined) => boolean;

/**
 * Decides before a span is begun, because spans that are dropped later cost nearly as much as others. A caller's trace
 * is kept by its id, so that services with the same ratio keep the same traces. A caller can decide against a trace,
 * but not for one: anybody can send `traceparent`.
 *
 * @param ratio the share of traces to keep, 0 to 1
 */
export function createKeeps(ratio: number): Keeps {
  const byId = new TraceIdRatioBasedSampler(ratio);
  return (caller) => {
    if (caller === undefined) return Math.random() < ratio;
    if ((caller.traceFlags & TraceFlags.SAMPLED) === 0) return false;
    return byId.shouldSample(ROOT_CONTEXT, caller.traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  };
}
