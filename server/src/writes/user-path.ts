import { Type } from '../platform/schema.ts';

const userIdLength = { minLength: 1, maxLength: 255 };

/** Opaque: the `sub` of a token. */
export const userId = Type.String({
  ...userIdLength,
  description: "The `sub` of the caller's token, or `me`, which stands for it.",
});

/** In the paths of admins. */
export const anyUserId = Type.String({ ...userIdLength, description: 'A user id.' });

export const UserPath = Type.Object({ user_id: userId });
