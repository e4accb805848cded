import { dictionary } from '@zxcvbn-ts/language-common';

/** Contract: passwords have 8–128 characters (UTF-16 units, as Better Auth counts them). */
export const passwordMinLength = 8;
export const passwordMaxLength = 128;

const common = new Set(dictionary['passwords-common']);

/** Whether a password is among the ~49,000 that attackers try first, in any case. */
export const isCommonPassword = (password: string): boolean => common.has(password.toLowerCase());
