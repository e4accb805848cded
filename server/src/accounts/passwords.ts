import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';

/** In code points. */
export const passwordMinLength = 8;
export const passwordMaxLength = 128;

let commonPasswords: ReadonlySet<string> | undefined;

/** Whether a password is among some 49,000 common ones, ignoring case. The first call loads them: some 10 MB. */
export function isCommonPassword(password: string): boolean {
  commonPasswords ??= loadCommonPasswords();
  return commonPasswords.has(password.toLowerCase());
}

/** At once, because validators of schemas cannot wait. */
function loadCommonPasswords(): ReadonlySet<string> {
  const require = createRequire(import.meta.url);
  const { dictionary }: typeof import('@zxcvbn-ts/language-common') = require('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}

/**
 * Two hashes at a time, 60 waiting. scrypt runs on libuv's four threads, as does the verification of tokens. Two
 * threads stay free, so that log-ins cannot delay every other request.
 */
const hashLimiter = createConcurrencyLimiter(2, 60);

/** The hash that the current sign-in's password matched; null before that. */
export const signInStore = new AsyncLocalStorage<{ passwordHash: string | null }>();

/** Better Auth's scrypt. Both functions throw AppError SERVICE_UNAVAILABLE when the queue is full. */
export const passwordHashing = {
  hash: (password: string) => hashLimiter(() => hashPassword(password)),
  async verify(pair: { hash: string; password: string }): Promise<boolean> {
    const isRight = await hashLimiter(() => verifyPassword(pair));
    const current = signInStore.getStore();
    if (isRight && current !== undefined) current.passwordHash = pair.hash;
    return isRight;
  },
};

/** A sign-up holds a connection while its password is hashed. Without a limit, sign-ups could exhaust the pool. */
export const signUpLimiter = createConcurrencyLimiter(2, 60);
