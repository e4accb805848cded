import { passwordMaxLength, passwordMinLength } from '../accounts/passwords.ts';
import { type Static, Type } from '../platform/schema.ts';

/** The request to erase oneself. */
export const Erasure = Type.Object(
  {
    password: Type.Optional(
      Type.String({
        minLength: passwordMinLength,
        maxLength: passwordMaxLength,
        format: 'password',
        description: 'Of the account, for a token of a log-in of this server.',
      }),
    ),
    confirm: Type.Optional(
      Type.String({ maxLength: 255, description: 'The user id, for a token of another issuer.' }),
    ),
  },
  { $id: 'Erasure', additionalProperties: false, examples: [{ password: 'gentle-otter-42' }] },
);
export type Erasure = Static<typeof Erasure>;
