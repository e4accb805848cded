import type { GuardedClient } from './guarded-request.ts';
import type { ChannelTarget, Message, SendResult } from './model.ts';
import { encryptPush, maxPushBytes } from './push-encryption.ts';
import type { GetPushKeys } from './push-keys.ts';
import { failed, toSendResult } from './send-result.ts';
import { userAgent } from './user-agent.ts';
import type { createVapid } from './vapid.ts';

type PushTarget = Extract<ChannelTarget, { type: 'push' }>;

/** How long a push service keeps a message for a device that is offline. */
const ttlSeconds = 24 * 3_600;

interface PushSender {
  client: GuardedClient;
  getPushKeys: GetPushKeys;
  authorize: ReturnType<typeof createVapid>;
}

/** Web Push (RFC 8030), encrypted to the subscription. */
export async function sendPush(
  { client, getPushKeys, authorize }: PushSender,
  { endpoint, keys }: PushTarget,
  { id, push }: Message,
  signal: AbortSignal,
): Promise<SendResult> {
  const { publicKey, privateKey } = await getPushKeys();
  const url = URL.parse(endpoint);
  if (privateKey === null || url === null) return failed('not_configured', null);
  const headers = {
    authorization: authorize({ publicKey, privateKey }, url),
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    'user-agent': userAgent,
    ttl: String(ttlSeconds),
    urgency: 'high',
    // A retry replaces the same message that still waits for the device (RFC 8030 §5.4).
    topic: id.replaceAll('-', '').slice(0, 32),
  };
  const body = encryptPush(keys, toPlaintext(push));
  const response = await client.post({ url: endpoint, headers, body }, signal);
  return toSendResult(response, [404, 410]);
}

/** The JSON of the message, with as much of its body as fits. */
function toPlaintext(push: Message['push']): Buffer {
  let characters = [...push.body];
  for (;;) {
    const json = Buffer.from(JSON.stringify({ ...push, body: characters.join('') }));
    if (json.length <= maxPushBytes || characters.length === 0) return json;
    characters = characters.slice(0, Math.floor(characters.length / 2));
  }
}
