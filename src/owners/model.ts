import { Type } from 'typebox';

/** An opaque string: whatever a token's `sub` says. */
export const userId = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "The `sub` of the caller's token.",
});

export const UserPath = Type.Object({ user_id: userId });
