import type { Config } from '../../config/config.ts';
import type { DatabaseConnection } from '../../db/hosts.ts';
import type { CounterReply, CounterRequest } from '../../limits/memory-counters.ts';
import type { MetricFamily } from '../../metrics/text-format.ts';

/** A worker's configuration. Sent as a message, because other processes can read arguments and environments. */
export interface StartMessage {
  type: 'start';
  /** Number of the worker, from 1. A replacement gets the same number. */
  worker: number;
  config: Config;
  connection: DatabaseConnection;
}

/** What the primary process sends to a running worker. */
export type PrimaryMessage =
  | { type: 'counter-reply'; reply: CounterReply }
  /** To be answered by `pong`: whether the worker's event loop turns. */
  | { type: 'ping' }
  /** Requests the worker's own metrics. */
  | { type: 'report' }
  /** The metrics of all processes, in reply to `metrics-request`. */
  | { type: 'metrics'; families: MetricFamily[] };

export type MessageToWorker = StartMessage | { type: 'stop' } | PrimaryMessage;

/** A message sent to a worker before its `ready` is lost. */
export type MessageFromWorker =
  | { type: 'ready' }
  | { type: 'serving' }
  | { type: 'pong' }
  | { type: 'start-error'; reason: string }
  | { type: 'counter-request'; request: CounterRequest }
  | { type: 'report'; families: MetricFamily[] }
  | { type: 'metrics-request' }
  /** New connections may lead to another database server. */
  | { type: 'server-change' };

const messageTypes = ['start', 'stop', 'counter-reply', 'ping', 'report', 'metrics'];

/** Checking the type suffices: only the primary process can write to the channel. */
export const isMessageToWorker = (message: unknown): message is MessageToWorker =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  messageTypes.includes(message.type);
