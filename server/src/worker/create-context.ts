import type { Logger } from 'pino';
import { disableGoneChannel, findChannelForSending } from '../channels/sending-targets.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import type { DeliveryState } from '../deliveries/queries.ts';
import { reminderMessage } from '../deliveries/reminder-message.ts';
import type { ChangeNotifier } from '../feed/change-notifier.ts';
import type { ChannelTarget, Senders } from '../senders/model.ts';
import type { WorkerContext } from './context.ts';
import { digestMessage, fireDigests } from './digests.ts';
import { createWorkerStats } from './stats.ts';

/** The context of a worker in this process. */
export function createWorkerContext(
  config: Config,
  db: Db,
  log: Logger,
  changeNotifier: ChangeNotifier,
  senders: Senders,
): WorkerContext {
  const { flags } = config;
  const { secrets } = config.auth;

  /** Null when the channel is gone, or its secret cannot be decrypted any more. */
  async function findTarget(delivery: DeliveryState): Promise<ChannelTarget | null> {
    const { userId, channelType: type, channelId, email } = delivery;
    if (type === 'email') return email === null ? null : { type, address: email };
    if (channelId === null) return null;
    return (await findChannelForSending(db, secrets, userId, channelId))?.target ?? null;
  }

  return {
    db,
    log,
    changeNotifier,
    senders,
    flags,
    stats: createWorkerStats(),
    async compose(delivery, late) {
      const target = await findTarget(delivery);
      if (target === null) return 'channel_gone';
      if (delivery.kind === 'reminder') return { target, message: reminderMessage(delivery, late) };
      const message = await digestMessage(db, delivery, config.auth);
      return message === null ? 'nothing_to_say' : { target, message };
    },
    async disableChannel(userId, channelId) {
      await disableGoneChannel(db, userId, channelId);
      changeNotifier.publish(userId);
    },
    fireDigests,
  };
}
