import { type Static, Type } from 'typebox';
import { passwordMaxLength, passwordMinLength } from './passwords.ts';

const trim = { 'x-trim': true };

const email = Type.String({ format: 'email', maxLength: 254, ...trim });

export const Registration = Type.Object(
  {
    email,
    password: Type.String({
      minLength: passwordMinLength,
      maxLength: passwordMaxLength,
      format: 'uncommon-password',
    }),
    first_name: Type.String({ minLength: 1, maxLength: 100, ...trim }),
    last_name: Type.String({ maxLength: 100, ...trim }),
  },
  {
    $id: 'Registration',
    additionalProperties: false,
    examples: [
      { email: 'ada@example.com', password: 'gentle-otter-42', first_name: 'Ada', last_name: 'Lovelace' },
    ],
  },
);
export type Registration = Static<typeof Registration>;

export const Credentials = Type.Object(
  { email, password: Type.String({ minLength: 1, maxLength: passwordMaxLength }) },
  {
    $id: 'Credentials',
    additionalProperties: false,
    examples: [{ email: 'ada@example.com', password: 'gentle-otter-42' }],
  },
);
export type Credentials = Static<typeof Credentials>;

export const User = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    first_name: Type.String(),
    last_name: Type.String(),
    role: Type.Enum(['user', 'admin'], { type: 'string' }),
    created_at: Type.String({ format: 'date-time' }),
  },
  {
    $id: 'User',
    additionalProperties: false,
    examples: [
      {
        id: 'ZvpeXabhuMsR1hFWnhQhP2r5yLnJRUnp',
        email: 'ada@example.com',
        first_name: 'Ada',
        last_name: 'Lovelace',
        role: 'user',
        created_at: '2026-11-21T08:00:00.000Z',
      },
    ],
  },
);
export type User = Static<typeof User>;

/** An access token in the form of RFC 6749 §5.1. */
export interface Grant {
  access_token: string;
  token_type: 'bearer';
  /** Seconds from now. */
  expires_in: number;
  user: User;
}
