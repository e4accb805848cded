import type { ClientConfig } from 'pg';
import type { Config } from '../config.ts';
import type { Answer, Question } from '../limits/memory.ts';

/** What a worker needs to begin: by message, as other processes can see arguments and environments. */
export interface Start {
  type: 'start';
  /** Its number, which a successor inherits. */
  worker: number;
  config: Config;
  connection: ClientConfig;
}

export type ToWorker = Start | { type: 'stop' } | { type: 'answer'; answer: Answer };

/** Whatever is sent to a worker before its `hello` is lost. */
export type FromWorker =
  | { type: 'hello' }
  | { type: 'serving' }
  | { type: 'refused'; reason: string }
  | { type: 'question'; question: Question };

const types = ['start', 'stop', 'answer'];

/** Nobody else has the other end of the channel. */
export const isToWorker = (message: unknown): message is ToWorker =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  typeof message.type === 'string' &&
  types.includes(message.type);
