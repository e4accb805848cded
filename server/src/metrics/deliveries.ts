import { channelTypes } from '../senders/model.ts';
import { durationBounds, type WorkerStats } from '../worker/stats.ts';
import { byLabel, counter, gauge, histogram, labels, type MetricFamily, maxGauge } from './text-format.ts';

interface MeasuredWorker {
  heldCounts(): Readonly<Record<string, number>>;
  stats: WorkerStats;
}

const outcomes = ['sent', 'failed', 'cancelled', 'retried'] as const;

/** The metrics of the delivery worker in this process, from its memory: they cost no statement. */
export function deliveryMetrics({ heldCounts, stats }: MeasuredWorker): MetricFamily[] {
  const { queued, oldestDueSeconds } = stats.queue();
  const attempts: Record<string, number> = {};
  const late: Record<string, number> = {};
  for (const channel of channelTypes) {
    const counts = stats.byChannel().get(channel);
    for (const outcome of outcomes) attempts[labels({ channel, outcome })] = counts?.[outcome] ?? 0;
    late[channel] = counts?.late ?? 0;
  }
  return [
    maxGauge(
      'duly_deliveries_queued',
      'Deliveries that wait for an attempt or are being sent, when a worker looked last.',
      Object.fromEntries(
        queued.map(({ kind, channel_type: channel, count }) => [labels({ kind, channel }), count]),
      ),
    ),
    gauge('duly_deliveries_active', 'Deliveries that are being sent.', byLabel('channel', heldCounts())),
    counter('duly_deliveries_total', 'Deliveries and attempts, by their outcome.', attempts),
    counter(
      'duly_deliveries_late_total',
      'Deliveries that were sent late because nothing ran at their time.',
      byLabel('channel', late),
    ),
    maxGauge(
      'duly_deliveries_oldest_due_seconds',
      'How long the reminder or attempt that is due longest has waited, when a worker looked last.',
      oldestDueSeconds,
    ),
    durationMetrics(stats),
  ];
}

function durationMetrics(stats: WorkerStats): MetricFamily {
  const values: Record<string, number> = {};
  for (const [channel, { durations, durationSum }] of stats.byChannel()) {
    let count = 0;
    for (const [index, bound] of [...durationBounds, '+Inf'].entries()) {
      count += durations[index] ?? 0;
      values[`_bucket${labels({ channel, le: String(bound) })}`] = count;
    }
    values[`_sum${labels({ channel })}`] = durationSum;
    values[`_count${labels({ channel })}`] = count;
  }
  return histogram('duly_delivery_duration_seconds', 'How long attempts took.', values);
}
