import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { readConfig } from '../../src/config/config.ts';
import type { Db } from '../../src/db/schema.ts';
import type { GuardOptions } from '../../src/senders/guarded-request.ts';
import type { Message } from '../../src/senders/model.ts';
import { createSenders } from '../../src/senders/senders.ts';

/** Production takes it too. */
const secret = 'k2Jv9xQ4mZr8Lw1Tn6Yc3Hs7Pd5Fg0Ba';

/** Senders with these settings, and their log lines. */
export function sendersWith(env: Record<string, string>, db: Db, guard: GuardOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line)) });
  const config = readConfig({ BETTER_AUTH_SECRET: secret, ...env });
  return { senders: createSenders(config, db, log, guard), lines };
}

export function newMessage(): Message {
  const id = randomUUID();
  return {
    id,
    mail: {
      subject: 'Water the plants',
      text: 'Due at 18:00\n',
      html: '<p>Due at <b>18:00</b></p>',
      headers: { 'List-Unsubscribe': '<https://duly.example/unsubscribe>' },
    },
    webhook: { type: 'reminder.due', timestamp: '2026-12-24T18:00:00.000Z', data: { title: 'Überweisung' } },
    push: { id, title: 'Water the plants', body: 'Due at 18:00' },
  };
}

/** A browser's side of a push subscription (RFC 8291 §2). */
export function newSubscription() {
  const privateKey = createECDH('prime256v1');
  const p256dh = privateKey.generateKeys('base64url');
  const authSecret = randomBytes(16);
  return { privateKey, authSecret, keys: { p256dh, auth: authSecret.toString('base64url') } };
}
