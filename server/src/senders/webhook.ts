import { createHmac, randomBytes } from 'node:crypto';
import { traceScopes } from '../platform/traces.ts';
import type { GuardedClient } from './guarded-request.ts';
import type { ChannelTarget, Message, SendResult } from './model.ts';
import { toSendResult } from './send-result.ts';
import { userAgent } from './user-agent.ts';

type WebhookTarget = Extract<ChannelTarget, { type: 'webhook' }>;

const secretPrefix = 'whsec_';
/** Standard Webhooks asks for 24 to 64. */
const secretBytes = 32;

export const createWebhookSecret = (): string => secretPrefix + randomBytes(secretBytes).toString('base64');

/** A POST signed as Standard Webhooks has it: HMAC-SHA256 over id, time of the attempt and body. */
export async function sendWebhook(
  client: GuardedClient,
  { url, secret }: WebhookTarget,
  { id, webhook }: Message,
  signal: AbortSignal,
): Promise<SendResult> {
  const body = JSON.stringify(webhook);
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
    ...traceScopes.getStore()?.headers(),
  };
  const response = await client.post({ url, headers, body: Buffer.from(body) }, signal);
  return toSendResult(response, [410]);
}
