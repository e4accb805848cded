/** For TOTP codes: authenticator apps show `123 456`, and copied text often ends with a space. */
export const stripWhitespace = (code: string): string => code.replaceAll(/\s/g, '');
