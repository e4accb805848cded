import type { DeliveryResult } from '../deliveries/queries.ts';
import type { ChannelType } from '../senders/model.ts';

/** Upper bounds of the buckets of the durations of sends, in seconds. */
export const durationBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/** Counts of one type of channel, since the start of the process. */
export interface ChannelCounts {
  /** Attempts that failed and will be repeated. */
  retried: number;
  sent: number;
  failed: number;
  cancelled: number;
  /** How many of `sent` were late. */
  late: number;
  /** Durations of attempts: those of each bucket alone, the last above all bounds. */
  durations: number[];
  durationSum: number;
}

/** What a worker has done since it started. */
export interface WorkerStats {
  addResult(type: ChannelType, result: DeliveryResult): void;
  addDuration(type: ChannelType, seconds: number): void;
  byChannel(): ReadonlyMap<ChannelType, ChannelCounts>;
  /** What the worker found when it looked last: it does not look while nothing is due. */
  setQueue(queue: QueueState): void;
  queue(): QueueState;
}

export interface QueueState {
  /** Deliveries that are queued or being sent. */
  queued: readonly { kind: string; channel_type: string; count: number }[];
  /** How long the longest due reminder or attempt has waited. */
  oldestDueSeconds: number;
}

export function createWorkerStats(): WorkerStats {
  const channels = new Map<ChannelType, ChannelCounts>();
  let queueState: QueueState = { queued: [], oldestDueSeconds: 0 };

  function countsOf(type: ChannelType): ChannelCounts {
    const counts = channels.get(type) ?? {
      ...{ retried: 0, sent: 0, failed: 0, cancelled: 0, late: 0 },
      durations: new Array<number>(durationBounds.length + 1).fill(0),
      durationSum: 0,
    };
    channels.set(type, counts);
    return counts;
  }

  return {
    addResult(type, { status, late }) {
      const counts = countsOf(type);
      counts[status === 'queued' ? 'retried' : status] += 1;
      if (status === 'sent' && late) counts.late += 1;
    },
    addDuration(type, seconds) {
      const counts = countsOf(type);
      const index = durationBounds.findIndex((bound) => seconds <= bound);
      const bucket = index < 0 ? durationBounds.length : index;
      counts.durations[bucket] = (counts.durations[bucket] ?? 0) + 1;
      counts.durationSum += seconds;
    },
    byChannel: () => channels,
    setQueue(queue) {
      queueState = queue;
    },
    queue: () => queueState,
  };
}
