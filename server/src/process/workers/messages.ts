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
  | { type: 'answer'; answer: CounterReply }
  /** Wants a report of its metrics. */
  | { type: 'report' }
  /** The metrics of all, which it wanted gathered. */
  | { type: 'figures'; families: MetricFamily[] };

export type ToWorker = StartMessage | { type: 'stop' } | PrimaryMessage;

/** Whatever is sent to a worker before its `hello` is lost. */
export type FromWorker =
  | { type: 'hello' }
  | { type: 'serving' }
  | { type: 'refused'; reason: string }
  | { type: 'question'; question: CounterRequest }
  | { type: 'report'; families: MetricFamily[] }
  | { type: 'gather' };

const messageTypes = ['start', 'stop', 'answer', 'report', 'figures'];

/** Nobody else has the other end of the channel. */
export const isToWorker = (message: unknown): message is ToWorker =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  messageTypes.includes(message.type);
