/** The addresses that Better Auth accepts: an ASCII dot-atom (RFC 5322 §3.2.3), `@`, and a host name with a dot. */
export const emailSyntax =
  /^[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?(?:\.[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?)*@(?:[A-Za-z0-9](?:-*[A-Za-z0-9])*\.)+[A-Za-z]{2,}$/;

/** In characters (RFC 5321 §4.5.3.1.3, without the angle brackets). */
export const emailMaxLength = 254;

export const isEmailAddress = (text: string): boolean =>
  text.length <= emailMaxLength && emailSyntax.test(text);
