import { type Static, Type } from '../platform/schema.ts';

const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema, type: ['string', 'null'] });

/**
 * A well-formed tag (RFC 5646 §2.2.9), in any case. It is stored as it was sent: canonical `iw` would be
 * `he`.
 */
export function isLanguageTag(text: string): boolean {
  try {
    Intl.getCanonicalLocales(text);
    return true;
  } catch {
    return false;
  }
}

const firstName = { minLength: 1, maxLength: 100, 'x-trim': true };
const lastName = { maxLength: 100, 'x-trim': true };
const timeZone = { format: 'time-zone', maxLength: 64 };
const locale = { format: 'language-tag', maxLength: 35 };
const digestHour = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: 23, description });

export const Profile = Type.Object(
  {
    id: Type.String(),
    email: nullable<string>({ description: 'null for a user of another issuer.' }),
    email_verified: Type.Boolean(),
    first_name: nullable<string>({}),
    last_name: nullable<string>({}),
    time_zone: Type.String({ description: 'IANA name, as it was sent.' }),
    locale: Type.String({ description: 'BCP 47, as it was sent.' }),
    default_reminder_minutes: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'A task that gets a due time gets a reminder so many minutes before it; null: none.',
    }),
    digest_hour: digestHour(
      'The hour of the day, in `time_zone`, at which the digest is mailed; null: never.',
    ),
    role: Type.Enum(['user', 'admin'], { type: 'string' }),
    created_at: nullable<string>({
      format: 'date-time',
      description: 'Of a user of another issuer, the first write; null before it.',
    }),
  },
  {
    $id: 'Profile',
    examples: [
      {
        id: 'ZvpeXabhuMsR1hFWnhQhP2r5yLnJRUnp',
        email: 'ada@example.com',
        email_verified: true,
        first_name: 'Ada',
        last_name: 'Lovelace',
        time_zone: 'Europe/London',
        locale: 'en-GB',
        default_reminder_minutes: 15,
        digest_hour: 7,
        role: 'user',
        created_at: '2026-11-21T08:00:00.000Z',
      },
    ],
  },
);
export type Profile = Static<typeof Profile>;

/** Read-only fields, accepted from clients that send a whole profile back. */
const readOnly = (schema: object) =>
  Type.Optional(nullable<string>({ ...schema, description: 'Read-only: the stored value, if sent.' }));

/** RFC 7396: an absent field stays; null clears a name, except of an account. */
export const ProfilePatch = Type.Object(
  {
    first_name: Type.Optional(nullable<string>(firstName)),
    last_name: Type.Optional(nullable<string>(lastName)),
    time_zone: Type.Optional(Type.String(timeZone)),
    locale: Type.Optional(Type.String(locale)),
    default_reminder_minutes: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: 40_320,
        description: 'For tasks that get a due time and have no reminder; null: none.',
      }),
    ),
    digest_hour: Type.Optional(digestHour('0 to 23; null turns the digest off.')),
    id: readOnly({}),
    email: readOnly({}),
    email_verified: Type.Optional(
      Type.Boolean({ description: 'Read-only: the stored value, or false, if sent.' }),
    ),
    role: Type.Optional(Type.String({ description: 'Read-only: the stored value, or `user`, if sent.' })),
    created_at: readOnly({ format: 'date-time' }),
  },
  {
    $id: 'ProfilePatch',
    additionalProperties: false,
    examples: [{ first_name: 'Ada', time_zone: 'Europe/London', locale: 'en-GB' }],
  },
);
export type ProfilePatch = Static<typeof ProfilePatch>;
