/**
 * The email addresses that Better Auth accepts, a subset of RFC 5322 §3.4.1: ASCII, unquoted, and a host name with a
 * dot.
 */
export const emailSyntax =
  /^[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?(?:\.[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?)*@(?:[A-Za-z0-9](?:-*[A-Za-z0-9])*\.)+[A-Za-z]{2,}$/;

/** In characters (RFC 5321 §4.5.3.1.3, without the angle brackets). */
export const emailMaxLength = 254;

export const isEmailAddress = (text: string): boolean =>
  text.length <= emailMaxLength && emailSyntax.test(text);
