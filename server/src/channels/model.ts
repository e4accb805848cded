import { itemIds, itemPatchFields, newItemFields } from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { channelTypes, type FailureClass } from '../senders/model.ts';
import { userId } from '../writes/user-path.ts';

const type = Type.Enum([...channelTypes], { type: 'string' });
const nullableText = (schema: object) => Type.Unsafe<string | null>({ ...schema, type: ['string', 'null'] });
const name = nullableText({
  minLength: 1,
  maxLength: 100,
  description: 'For the user, such as the name of a device; trimmed.',
  'x-trim': true,
});
const enabled = Type.Boolean({ description: 'Whether reminders are sent to it.' });
const dateTime = Type.String({ format: 'date-time' });
const url = { maxLength: 2_048 };

const channelExample = {
  id: '3f0f5a35-9a8e-4b0c-8f57-0d1f6f0f7b11',
  user_id: 'user_123',
  type: 'webhook' as const,
  name: 'Home automation',
  enabled: true,
  url: 'https://hooks.example/duly',
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

const channelFields = {
  ...itemIds,
  type,
  name,
  enabled,
  url: nullableText({
    description: 'Of a webhook, its URL; of push, the origin of the push service; of email, null.',
  }),
  version: Type.Integer({ minimum: 1 }),
  created_at: dateTime,
  updated_at: dateTime,
};

export const Channel = Type.Object(channelFields, { $id: 'Channel', examples: [channelExample] });
export type Channel = Static<typeof Channel>;

export const ChannelWithSecret = Type.Object(
  {
    ...channelFields,
    secret: nullableText({
      description: 'The key that signs requests (Standard Webhooks), shown this once; null unless a webhook.',
    }),
  },
  {
    $id: 'ChannelWithSecret',
    examples: [{ ...channelExample, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1K2nR2pdnNY=' }],
  },
);
export type ChannelWithSecret = Static<typeof ChannelWithSecret>;

/** `PushSubscription.toJSON()` of a browser has `endpoint`, `expirationTime` and `keys`. */
export const NewChannel = Type.Object(
  {
    type,
    name: Type.Optional(name),
    enabled: Type.Optional(enabled),
    url: Type.Optional(Type.String({ ...url, description: 'Of a webhook, which needs it.' })),
    endpoint: Type.Optional(Type.String({ ...url, description: 'Of push, which needs it.' })),
    keys: Type.Optional(
      Type.Object(
        {
          p256dh: Type.String({ maxLength: 100, description: 'A P-256 point of 65 bytes, in base64url.' }),
          auth: Type.String({ maxLength: 50, description: '16 bytes in base64url.' }),
        },
        { additionalProperties: false, description: 'Of push, which needs them.' },
      ),
    ),
    expirationTime: Type.Optional(
      Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'Ignored.' }),
    ),
    ...newItemFields,
  },
  {
    $id: 'NewChannel',
    additionalProperties: false,
    examples: [{ type: 'webhook', name: channelExample.name, url: channelExample.url }],
  },
);
export type NewChannel = Static<typeof NewChannel>;

const fixed = (schema: object) =>
  Type.Optional(nullableText({ ...schema, description: 'Read-only: the stored value, if sent.' }));
const { position: _, ...patchFields } = itemPatchFields;

export const ChannelPatch = Type.Object(
  {
    name: Type.Optional(name),
    enabled: Type.Optional(enabled),
    type: Type.Optional(
      Type.Enum([...channelTypes], { type: 'string', description: 'Read-only: the stored value, if sent.' }),
    ),
    url: fixed(url),
    ...patchFields,
  },
  { $id: 'ChannelPatch', additionalProperties: false, examples: [{ enabled: false, version: 1 }] },
);
export type ChannelPatch = Static<typeof ChannelPatch>;

const failureClasses: readonly FailureClass[] = [
  ...(['timeout', 'connection', 'tls', 'dns', 'refused_address', 'redirect'] as const),
  ...(['http_status', 'smtp_status', 'gone', 'not_configured'] as const),
];

export const ChannelTest = Type.Object(
  {
    outcome: Type.Enum(['sent', 'failed'], { type: 'string' }),
    error: Type.Unsafe<FailureClass | null>({
      type: ['string', 'null'],
      enum: [...failureClasses, null],
      description: 'The class of the failure; null if there is none.',
    }),
    status: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Of HTTP or SMTP, if the receiver answered.',
    }),
    duration_ms: Type.Integer({ minimum: 0 }),
  },
  {
    $id: 'ChannelTest',
    description: "Never has a text, a header or an address of the receiver's.",
    examples: [{ outcome: 'failed', error: 'http_status', status: 503, duration_ms: 84 }],
  },
);
export type ChannelTest = Static<typeof ChannelTest>;

export const ChannelPath = Type.Object({
  user_id: userId,
  channel_id: Type.String({ format: 'uuid', description: "The channel's `id`." }),
});

export { channelExample };
