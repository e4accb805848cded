import type { Config } from '../../config/config.ts';
import type { DatabaseConnection } from '../../db/hosts.ts';
import type { Answer, Question } from '../../limits/memory.ts';
import type { Family } from '../../metrics/families.ts';

/** What a worker needs to begin: by message, as other processes can see arguments and environments. */
export interface Start {
  type: 'start';
  /** Its number, which a successor inherits. */
  worker: number;
  config: Config;
  connection: DatabaseConnection;
}

/** What a worker hears while it serves. */
export type News =
  | { type: 'answer'; answer: Answer }
  /** Wants a report of its metrics. */
  | { type: 'report' }
  /** The metrics of all, which it wanted gathered. */
  | { type: 'figures'; families: Family[] };

export type ToWorker = Start | { type: 'stop' } | News;

/** Whatever is sent to a worker before its `hello` is lost. */
export type FromWorker =
  | { type: 'hello' }
  | { type: 'serving' }
  | { type: 'refused'; reason: string }
  | { type: 'question'; question: Question }
  | { type: 'report'; families: Family[] }
  | { type: 'gather' };

const types = ['start', 'stop', 'answer', 'report', 'figures'];

/** Nobody else has the other end of the channel. */
export const isToWorker = (message: unknown): message is ToWorker =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  types.includes(message.type);
