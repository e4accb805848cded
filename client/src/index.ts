export type { ChangesOptions, ChangesPage } from './changes.ts';
export { type ClientOptions, createDuly, type Duly } from './client.ts';
export { type ClientErrorCode, DulyError, type ErrorCode } from './errors.ts';
export type { EventsOptions, FeedEvent } from './events.ts';
export { fromBetterAuth, type LoginOptions, login } from './login.ts';
export type { TokenContext, TokenFunction, TokenRequest, TokenSource } from './tokens.ts';
export type { RetryOptions } from './transport.ts';
export type * from './types.ts';
