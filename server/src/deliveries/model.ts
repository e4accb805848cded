import { pageParameters } from '../db/page-schemas.ts';
import { type Static, Type } from '../platform/schema.ts';
import { channelTypes } from '../senders/model.ts';

export const deliveryStatuses = ['queued', 'sent', 'failed', 'cancelled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Why a delivery was cancelled: what it was for, or where it was to go, is not there any more. */
export const cancelReasons = [
  'task_gone',
  'task_completed',
  'task_in_trash',
  'reminder_gone',
  'channel_gone',
  'channel_disabled',
  'address_not_verified',
  'user_banned',
  'nothing_to_say',
  'by_operator',
] as const;
export type CancelReason = (typeof cancelReasons)[number];

const nullable = <Schema extends object>(type: string, schema: Schema) => ({
  type: [type, 'null'],
  ...schema,
});
const id = (description: string) =>
  Type.Unsafe<string | null>(nullable('string', { format: 'uuid', description }));
const time = (description: string) =>
  Type.Unsafe<string | null>(nullable('string', { format: 'date-time', description }));

/** An entry of the delivery log: one message to one channel. */
export const Delivery = Type.Object(
  {
    id: Type.String({
      format: 'uuid',
      description: 'Receivers drop repeats by it: `webhook-id`, Message-ID and `id` of a push message.',
    }),
    kind: Type.Enum(['reminder', 'digest'], { type: 'string' }),
    reminder_id: id('Of a reminder; it may be deleted meanwhile.'),
    task_id: id('The task of the reminder.'),
    channel_id: id('The channel; null for a digest.'),
    channel_type: Type.Enum([...channelTypes], { type: 'string' }),
    scheduled_at: Type.String({ format: 'date-time', description: 'When it was to be sent.' }),
    status: Type.Enum([...deliveryStatuses], { type: 'string' }),
    late: Type.Boolean({
      description: 'It was sent more than 60 s after `scheduled_at` because the service was not running.',
    }),
    attempts: Type.Integer({ minimum: 0, description: 'How often it was tried.' }),
    next_try_at: time('Of a `queued` delivery that waits for its next attempt; null while it is being sent.'),
    error: Type.Unsafe<string | null>(
      nullable('string', {
        description:
          'The class of the last failure (`timeout`, `connection`, `tls`, `dns`, `refused_address`, `redirect`, `http_status`, `smtp_status`, `gone`, `not_configured`), or why it was cancelled.',
      }),
    ),
    error_status: Type.Unsafe<number | null>(
      nullable('integer', { description: 'The status of HTTP or SMTP with it.' }),
    ),
    created_at: Type.String({ format: 'date-time' }),
    finished_at: time('When it was sent, failed for good or was cancelled.'),
  },
  {
    $id: 'Delivery',
    examples: [
      {
        id: '5f0c2b62-6f0e-4d5a-9a35-0d8e3b0f6a11',
        kind: 'reminder',
        reminder_id: '0b9d6c1e-8f6e-4a53-bf62-3d4f0b8f7a11',
        task_id: '7d8b1f3e-52a4-4c5d-8d0f-2f9f6f1c0b22',
        channel_id: 'c1f9a0de-0a3c-4c6f-8e0a-6a0f0c2f7b33',
        channel_type: 'email',
        scheduled_at: '2026-11-21T08:00:00.000Z',
        status: 'sent',
        late: false,
        attempts: 1,
        next_try_at: null,
        error: null,
        error_status: null,
        created_at: '2026-11-21T08:00:00.120Z',
        finished_at: '2026-11-21T08:00:00.410Z',
      },
    ],
  },
);
export type Delivery = Static<typeof Delivery>;

export const DeliveryListQuery = Type.Object(
  {
    ...pageParameters('deliveries'),
    status: Type.Optional(Type.Enum([...deliveryStatuses], { type: 'string' })),
    reminder_id: Type.Optional(Type.String({ format: 'uuid' })),
    task_id: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
);
export type DeliveryListQuery = Static<typeof DeliveryListQuery>;
