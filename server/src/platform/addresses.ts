/**
 * The addresses of HOST. `localhost` is both loopback addresses, without a resolver, because browsers use either.
 */
export const addressesOf = (host: string): [first: string, ...others: string[]] =>
  host === 'localhost' ? ['127.0.0.1', '::1'] : [host];

/** Whether a listener failed because the machine lacks the address, for example without IPv6. */
export const isMissingAddress = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String(error.code));
