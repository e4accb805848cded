import { randomUUID } from 'node:crypto';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import { isFeatureOn } from '../config/flags.ts';
import type { Db } from '../db/schema.ts';
import { notFound } from '../platform/errors.ts';
import type { Message, Senders, SendResult } from '../senders/model.ts';
import type { ChannelTest } from './model.ts';
import { findChannelForSending } from './sending-targets.ts';

const title = 'A test of your reminders';
const body = 'Reminders reach you here.';

const newTestMessage = (id: string): Message => ({
  id,
  mail: { subject: title, text: `${body}\n`, html: `<p>${body}</p>` },
  webhook: { type: 'test', timestamp: new Date().toISOString(), data: { message: body } },
  push: { id, title, body },
});

const nowhere: SendResult = { outcome: 'failed', error: 'not_configured', status: null, isPermanent: true };

/**
 * Sends a test message to a channel, also to a disabled one.
 * @throws AppError NOT_FOUND
 */
export async function testChannel(
  db: Db,
  userId: string,
  origin: AuditOrigin,
  { senders, config: { auth, flags } }: { senders: Senders; config: Pick<Config, 'auth' | 'flags'> },
  id: string,
  signal: AbortSignal,
): Promise<ChannelTest> {
  const channel = await findChannelForSending(db, auth.secrets, userId, id);
  if (channel === null) throw notFound('Channel');
  await appendAudit(db, [{ userId, origin, action: 'channel.test', subject: id, outcome: 'success' }]);
  const start = performance.now();
  const message = newTestMessage(randomUUID());
  const isOff = channel.type === 'push' && !isFeatureOn(flags, 'web_push', userId);
  const result =
    channel.target === null || isOff ? nowhere : await senders.send(channel.target, message, signal);
  const { outcome, status } = result;
  const error = result.outcome === 'failed' ? result.error : null;
  return { outcome, error, status, duration_ms: Math.round(performance.now() - start) };
}
