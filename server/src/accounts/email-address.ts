/** A dot-separated local part and a dotted host name: what Better Auth takes as an address, no more. */
export const emailSyntax =
  /^[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?(?:\.[A-Za-z0-9_+-](?:[A-Za-z0-9_'+-]*[A-Za-z0-9_+-])?)*@(?:[A-Za-z0-9](?:-*[A-Za-z0-9])*\.)+[A-Za-z]{2,}$/;

export const emailMaxLength = 254;

export const isEmailAddress = (text: string): boolean =>
  text.length <= emailMaxLength && emailSyntax.test(text);
