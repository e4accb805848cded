import { Type } from 'typebox';

const userIdLength = { minLength: 1, maxLength: 255 };

/** An opaque string: whatever a token's `sub` says. */
export const userId = Type.String({
  ...userIdLength,
  description: "The `sub` of the caller's token, or `me`, which stands for it.",
});

/** Of any user, in the paths that admins have. */
export const anyUserId = Type.String({ ...userIdLength, description: 'A user id.' });

export const UserPath = Type.Object({ user_id: userId });
