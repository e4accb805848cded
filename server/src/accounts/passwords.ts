import { AsyncLocalStorage } from 'node:async_hooks';
import { dictionary } from '@zxcvbn-ts/language-common';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';

/** In characters, counted as code points. */
export const passwordMinLength = 8;
export const passwordMaxLength = 128;

const commonPasswords = new Set(dictionary['passwords-common']);

/** Whether a password is among the ~49,000 that attackers try first, in any case. */
export const isCommonPassword = (password: string): boolean => commonPasswords.has(password.toLowerCase());

/**
 * How many passwords are hashed at a time, and how many wait. Hashing shares the runtime's four threads with the checks
 * of tokens: half of them stay free, or a stranger's log-ins would hold up everybody's requests.
 */
const hashLimiter = createConcurrencyLimiter(2, 60);

/** The sign-in under way, with the hash of the password that it was right for. */
export const signInStore = new AsyncLocalStorage<{ passwordHash: string | null }>();

/** Better Auth's scrypt (memory-hard), a few at a time. */
export const passwordHashing = {
  hash: (password: string) => hashLimiter(() => hashPassword(password)),
  async verify(pair: { hash: string; password: string }): Promise<boolean> {
    const isRight = await hashLimiter(() => verifyPassword(pair));
    const current = signInStore.getStore();
    if (isRight && current !== undefined) current.passwordHash = pair.hash;
    return isRight;
  },
};

/** A sign-up holds a connection while its password waits to be hashed: a crowd of them would leave none for others. */
export const signUpLimiter = createConcurrencyLimiter(2, 60);
