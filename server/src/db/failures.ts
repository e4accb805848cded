/**
 * SQLSTATEs that may pass without a change of this server (PostgreSQL, Appendix A). Connection failures, a missing
 * database or login, shutdown and start-up, no resources, time-outs, a read-only server.
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
  // Of this process or machine: no file descriptor, no local port.
  'EMFILE',
  'ENFILE',
  'EADDRNOTAVAIL',
]);
/** Node's and OpenSSL's codes for rejected certificates and protocols. */
const tlsCodes =
  /^(ERR_(TLS|SSL|OSSL)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE)/;
const tlsMessages =
  /^(The server does not support SSL connections|There was an error establishing an SSL connection)/;
/** Messages of `pg` errors without a code. */
const driverMessages =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Connection was destroyed)/;

/** @returns the `code` of a system or database error, such as `ENOENT` or `57P03`; empty for any other value */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the database was unreachable, overloaded or too slow: the same request may succeed later. */
export function isUnavailableError(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (unavailableStates.test(code) || networkCodes.has(code) || serializationStates.has(code)) return true;
  if (isTlsError(error)) return true;
  if (code === 'ENOENT' && error instanceof Error && 'syscall' in error) return error.syscall === 'connect';
  if (!(error instanceof Error)) return false;
  return driverMessages.test(error.message) || (error.cause !== undefined && isUnavailableError(error.cause));
}

/** Terminated by an operator, crashed or shut down, starting; class 08 is a failed connection. */
const connectionStates = /^(57P0[1-3]|08...)$/;

/**
 * Whether a connection was lost, or could not be opened. What was sent on it before may have been executed. Time-outs
 * of the server, and what it refuses, are no such failures.
 */
export function isConnectionFailure(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (connectionStates.test(code) || networkCodes.has(code)) return true;
  if (code === 'ENOENT' && error instanceof Error && 'syscall' in error) return error.syscall === 'connect';
  if (!(error instanceof Error)) return false;
  return (
    driverMessages.test(error.message) || (error.cause !== undefined && isConnectionFailure(error.cause))
  );
}

/** `isConnectionFailure`, without time-outs: after one of these the caller has waited long enough. */
export const isLostConnection = (error: unknown): boolean =>
  isConnectionFailure(error) && errorCodeOf(error) !== 'ETIMEDOUT' && !/time-?out/i.test(String(error));

/** Whether TLS failed: the server's certificate is not trusted, or the settings do not fit the server's. */
export function isTlsError(error: unknown): boolean {
  return tlsCodes.test(errorCodeOf(error)) || (error instanceof Error && tlsMessages.test(error.message));
}

/** Whether a write failed because the session is read-only: on a standby, or by `default_transaction_read_only`. */
export const isReadOnlyError = (error: unknown): boolean => errorCodeOf(error) === '25006';

/** Whether a write failed because its user is being erased (migration 22). */
export const isErasedUserError = (error: unknown): boolean => errorCodeOf(error) === 'DU001';

/** Whether the role lacks a privilege. */
export const isPermissionDenied = (error: unknown): boolean => errorCodeOf(error) === '42501';

/**
 * Whether a transaction failed because of a concurrent one (serialization failure or deadlock). A retry may succeed.
 */
export function isSerializationFailure(error: unknown): boolean {
  return serializationStates.has(errorCodeOf(error));
}

/** Whether a statement failed because a value is null, or a key exists already (PostgreSQL, class 23). */
export const isNullOrDuplicate = (error: unknown): boolean => ['23502', '23505'].includes(errorCodeOf(error));

/** Whether a value is none that the statement can have, such as an unknown time zone (PostgreSQL, 22023). */
export const isInvalidValue = (error: unknown): boolean => errorCodeOf(error) === '22023';
