import { type Static, Type } from '../platform/schema.ts';
import { emailMaxLength } from './email-address.ts';
import { passwordMaxLength, passwordMinLength } from './passwords.ts';

const trim = { 'x-trim': true };

export const email = Type.String({ format: 'email', maxLength: emailMaxLength, ...trim });

const newPassword = Type.String({
  minLength: passwordMinLength,
  maxLength: passwordMaxLength,
  format: 'uncommon-password',
});
/** An existing password: it may be older than the rules for new ones. */
const password = Type.String({ minLength: 1, maxLength: passwordMaxLength });

export const firstName = Type.String({ minLength: 1, maxLength: 100, ...trim });
export const lastName = Type.String({ maxLength: 100, ...trim });

export const Registration = Type.Object(
  {
    email,
    password: newPassword,
    first_name: firstName,
    last_name: lastName,
    invitation: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'The token of an invitation to this address; wanted where REGISTRATION is `invite`.',
      }),
    ),
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
  {
    email,
    password,
    totp_code: Type.Optional(
      Type.String({
        format: 'totp-code',
        'x-no-space': true,
        description:
          'Six digits, wanted of accounts with a second factor; white space, as apps show it, is ignored.',
      }),
    ),
  },
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

const token = Type.String({ minLength: 1, maxLength: 100, description: 'From the link in the mail.' });

export const PasswordChange = Type.Object(
  { current_password: password, new_password: newPassword },
  {
    $id: 'PasswordChange',
    additionalProperties: false,
    examples: [{ current_password: 'gentle-otter-42', new_password: 'quiet-heron-77' }],
  },
);
export type PasswordChange = Static<typeof PasswordChange>;

export const PasswordResetRequest = Type.Object(
  { email },
  { $id: 'PasswordResetRequest', additionalProperties: false, examples: [{ email: 'ada@example.com' }] },
);

export const PasswordResetConfirmation = Type.Object(
  { token, new_password: newPassword },
  {
    $id: 'PasswordResetConfirmation',
    additionalProperties: false,
    examples: [{ token: 'k0nV9b8x2mQ4tR7yW1zE5uI3oP6aS8dF', new_password: 'quiet-heron-77' }],
  },
);

export const EmailChangeRequest = Type.Object(
  { email, password },
  {
    $id: 'EmailChangeRequest',
    additionalProperties: false,
    examples: [{ email: 'ada.lovelace@example.com', password: 'gentle-otter-42' }],
  },
);

export const EmailChangeQuery = Type.Object({ token }, { additionalProperties: false });

export const Session = Type.Object(
  {
    id: Type.String(),
    created_at: Type.String({ format: 'date-time' }),
    expires_at: Type.String({ format: 'date-time' }),
    ip_address: Type.Union([Type.String(), Type.Null()]),
    user_agent: Type.Union([Type.String(), Type.Null()]),
    current: Type.Boolean({ description: 'Whether it is the one behind the token of this request.' }),
  },
  {
    $id: 'Session',
    examples: [
      {
        id: 'q1Zy8mGJ0c5oT3vN7xW2bE4rK6uP9sHd',
        created_at: '2026-11-21T08:00:00.000Z',
        expires_at: '2026-11-28T08:00:00.000Z',
        ip_address: '203.0.113.7',
        user_agent: 'curl/8.5.0',
        current: true,
      },
    ],
  },
);
export type Session = Static<typeof Session>;

/** The client that logs in. The list of sessions shows both fields. */
export interface SessionClient {
  address: string;
  userAgent: string;
}

/** An access token response (RFC 6749 §5.1), with the user in addition. */
export interface AccessTokenResponse {
  access_token: string;
  token_type: 'bearer';
  /** Seconds from now. */
  expires_in: number;
  user: User;
}
