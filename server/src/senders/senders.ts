import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { createEmailSender } from './email.ts';
import { createGuardedClient, type GuardOptions } from './guarded-request.ts';
import type { ChannelTarget, Message, Senders } from './model.ts';
import { sendPush } from './push.ts';
import { createPushKeys } from './push-keys.ts';
import { failed } from './send-result.ts';
import { createVapid } from './vapid.ts';
import { sendWebhook } from './webhook.ts';

/** A sender for each type of channel. They share their connections, so one per process is enough. */
export function createSenders(config: Config, db: Db, log: Logger, guard: GuardOptions = {}): Senders {
  const email = createEmailSender(config, log);
  const client = createGuardedClient(config.senders, guard);
  const getPushKeys = createPushKeys(db, config.auth.secrets);
  const push = { client, getPushKeys, authorize: createVapid(operatorUrl(config)) };

  const sendTo = (target: ChannelTarget, message: Message, signal: AbortSignal) => {
    if (target.type === 'email') return email.send(target, message, signal);
    if (target.type === 'webhook') return sendWebhook(client, target, message, signal);
    return sendPush(push, target, message, signal);
  };

  return {
    getPushKeys,
    async send(target, message, signal) {
      try {
        return await sendTo(target, message, signal);
      } catch (error) {
        log.error({ reason: String(error), type: target.type }, 'a message could not be made');
        return failed('connection', null);
      }
    },
    async close() {
      email.close();
      client.close();
    },
  };
}

/** By which push services reach the operator (RFC 8292 §2.1): one of `https:`, or the sender of mail. */
function operatorUrl({ auth: { baseUrl }, mail: { from } }: Config): string {
  if (baseUrl.startsWith('https:')) return baseUrl;
  return `mailto:${/<(.+)>$/.exec(from)?.[1] ?? from}`;
}
