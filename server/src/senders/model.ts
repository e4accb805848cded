import type { GetPushKeys } from './push-keys.ts';

export const channelTypes = ['email', 'webhook', 'push'] as const;
export type ChannelType = (typeof channelTypes)[number];

/** Where a message goes: what a channel stores, with its secrets decrypted. */
export type ChannelTarget =
  | { type: 'email'; address: string }
  /** The secret begins with `whsec_` (Standard Webhooks). */
  | { type: 'webhook'; url: string; secret: string }
  /** A push subscription: base64url of a P-256 point of 65 bytes, and of 16 bytes (RFC 8291 §3.2). */
  | { type: 'push'; endpoint: string; keys: { p256dh: string; auth: string } };

/** One message in the form of each channel. The same id stands in all of them: receivers drop repeats by it. */
export interface Message {
  /** The delivery's id. */
  id: string;
  mail: { subject: string; text: string; html: string; headers?: Record<string, string> };
  /** `timestamp` is the time of the event (ISO 8601); the signature has the time of the attempt. */
  webhook: { type: string; timestamp: string; data: object };
  push: { id: string; title: string; body: string; task_id?: string };
}

/** Why a message was not sent. Never a text, a header or an address of the receiver. */
export type FailureClass =
  | 'timeout'
  | 'connection'
  | 'tls'
  | 'dns'
  | 'refused_address'
  | 'redirect'
  | 'http_status'
  | 'smtp_status'
  | 'gone'
  | 'not_configured';

/** `status` is the one of HTTP or SMTP, null if there was none. A permanent failure is not tried again. */
export type SendResult =
  | { outcome: 'sent'; status: number | null }
  | { outcome: 'failed'; error: FailureClass; status: number | null; isPermanent: boolean };

export interface Senders {
  /** Never throws. After 10 s, by mail 30 s, or when `signal` aborts, it answers a failure of class `timeout`. */
  send(target: ChannelTarget, message: Message, signal: AbortSignal): Promise<SendResult>;
  /** The keys of push, which are made at first use. */
  getPushKeys: GetPushKeys;
  close(): Promise<void>;
}
