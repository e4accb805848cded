/**
 * States that may pass without anybody touching this server (PostgreSQL, Appendix A): connection failures, a database
 * or a login that is not there (yet), shutdown and start-up, no room, a time limit, a server that takes no writes.
 */
const unavailableStates = /^(08...|28...|3D000|57P0[1-5]|53...|57014|55P03|25P0[34]|25006)$/;
const serializationStates = new Set(['40001', '40P01']);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
/** Certificates and protocols that do not fit (Node's and OpenSSL's codes). */
const tlsCodes =
  /^(ERR_(TLS|SSL|OSSL)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE)/;
const tlsMessages =
  /^(The server does not support SSL connections|There was an error establishing an SSL connection)/;
/** What `pg` says without a code. */
const driverMessages =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Connection was destroyed)/;

/** Empty for what has none. */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the database could not be reached or had no room or time for us: the same request may work later. */
export function isUnavailableError(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (unavailableStates.test(code) || networkCodes.has(code) || serializationStates.has(code)) return true;
  if (isTlsError(error)) return true;
  if (code === 'ENOENT' && error instanceof Error && 'syscall' in error) return error.syscall === 'connect';
  if (!(error instanceof Error)) return false;
  return driverMessages.test(error.message) || (error.cause !== undefined && isUnavailableError(error.cause));
}

/** Whether the server was reached and is not trusted, or not to be spoken to, as it is set. */
export function isTlsError(error: unknown): boolean {
  return tlsCodes.test(errorCodeOf(error)) || (error instanceof Error && tlsMessages.test(error.message));
}

/** Whether a write was refused because the session is read-only: its server replays another one's, or was set so. */
export const isReadOnlyError = (error: unknown): boolean => errorCodeOf(error) === '25006';

/** Whether the role may not do what is asked of the database. */
export const isPermissionDenied = (error: unknown): boolean => errorCodeOf(error) === '42501';

/** Whether two transactions stood in each other's way and trying again is the cure. */
export function isSerializationFailure(error: unknown): boolean {
  return serializationStates.has(errorCodeOf(error));
}
