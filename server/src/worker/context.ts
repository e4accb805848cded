import type { Logger } from 'pino';
import type { FlagSettings } from '../config/flags.ts';
import type { Db, Tx } from '../db/schema.ts';
import type { Fired } from '../deliveries/firing.ts';
import type { CancelReason } from '../deliveries/model.ts';
import type { DeliveryState } from '../deliveries/queries.ts';
import type { ChangeNotifier } from '../feed/change-notifier.ts';
import type { ChannelTarget, Message, Senders } from '../senders/model.ts';
import type { WorkerStats } from './stats.ts';

export interface Composed {
  target: ChannelTarget;
  message: Message;
}

/** What a worker works with. */
export interface WorkerContext {
  db: Db;
  log: Logger;
  changeNotifier: Pick<ChangeNotifier, 'publish' | 'watchAll' | 'isListening'>;
  senders: Senders;
  flags: FlagSettings;
  stats: WorkerStats;
  /** Where a delivery goes, and the message; or why there is nothing to send. */
  compose(delivery: DeliveryState, late: boolean): Promise<Composed | CancelReason>;
  /** Called when the receiver of a channel is gone for good. */
  disableChannel(userId: string, channelId: string): Promise<void>;
  /** Makes the deliveries of digests whose time has come: a batch at a time. */
  fireDigests(tx: Tx): Promise<Fired>;
}
