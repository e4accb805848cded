import type { Config } from '../../config/config.ts';
import type { DatabaseConnection } from '../../db/hosts.ts';
import type { CounterReply, CounterRequest } from '../../limits/memory-counters.ts';
import type { MetricFamily } from '../../metrics/text-format.ts';

/** What a worker needs to begin: by message, as other processes can see arguments and environments. */
export interface StartMessage {
  type: 'start';
  /** Its number, which a successor inherits. */
  worker: number;
  config: Config;
  connection: DatabaseConnection;
}

/** What a worker hears while it serves. */
export type PrimaryMessage =
  | { type: 'counter-reply'; reply: CounterReply }
  /** Wants a report of its metrics. */
  | { type: 'report' }
  /** The metrics of all, which it wanted gathered. */
  | { type: 'metrics'; families: MetricFamily[] };

export type MessageToWorker = StartMessage | { type: 'stop' } | PrimaryMessage;

/** Whatever is sent to a worker before its `ready` is lost. */
export type MessageFromWorker =
  | { type: 'ready' }
  | { type: 'serving' }
  | { type: 'start-error'; reason: string }
  | { type: 'counter-request'; request: CounterRequest }
  | { type: 'report'; families: MetricFamily[] }
  | { type: 'metrics-request' };

const messageTypes = ['start', 'stop', 'counter-reply', 'report', 'metrics'];

/** Nobody else has the other end of the channel. */
export const isMessageToWorker = (message: unknown): message is MessageToWorker =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  messageTypes.includes(message.type);
