import { lazy } from '../platform/lazy.ts';
import type { BetterAuth, createBetterAuth } from './better-auth.ts';

/**
 * Better Auth, loaded at the first call: in a process that no one logs in to, its 500 modules would take some 35 MB for
 * nothing. Tokens are verified without it.
 */
export type LoadBetterAuth = () => Promise<BetterAuth>;

export const lazyBetterAuth = (...args: Parameters<typeof createBetterAuth>): LoadBetterAuth =>
  lazy(async () => (await import('./better-auth.ts')).createBetterAuth(...args));
