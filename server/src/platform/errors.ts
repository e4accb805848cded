/** The process cannot start. The message is printed as one line, without a stack trace; the exit code is 1. */
export class StartError extends Error {
  override name = 'StartError';
}

/** Every `error_code` with its status. The codes are stable; API.md documents them. */
export const errorCodes = {
  INVALID_JSON: 400,
  BAD_REQUEST: 400,
  INVALID_TOKEN: 400,
  UNAUTHORIZED: 401,
  INVALID_CREDENTIALS: 401,
  TOTP_REQUIRED: 401,
  FORBIDDEN: 403,
  REGISTRATION_CLOSED: 403,
  INVITATION_REQUIRED: 403,
  FEATURE_DISABLED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  VERSION_CONFLICT: 409,
  EMAIL_TAKEN: 409,
  LIMIT_EXCEEDED: 409,
  IDEMPOTENCY_IN_FLIGHT: 409,
  CURSOR_EXPIRED: 410,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  UNSUPPORTED_MEDIA_TYPE: 415,
  EXPECTATION_FAILED: 417,
  VALIDATION_ERROR: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 503,
  SERVICE_LOCKED: 503,
  MAIL_NOT_CONFIGURED: 503,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** One fault of a request, in the form of FastAPI's validation errors. */
export interface ValidationIssue {
  /** `body`, `query`, `path` or `header`, then the path to the field. */
  loc: (string | number)[];
  /** The value received and the value wanted. */
  msg: string;
  /** The broken rule, named as in JSON Schema. */
  type: string;
}

interface AppErrorDetails {
  issues?: ValidationIssue[];
  /** The current state of the resource that a conditional write meant to change. */
  current?: unknown;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error response. `message` is sent to the client; `cause` is not. */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly issues: ValidationIssue[] | undefined;
  readonly current: unknown;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = errorCodes[code];
    this.issues = details.issues;
    this.current = details.current;
    this.headers = details.headers ?? {};
  }
}

const challenge = 'Bearer realm="duly"';

/** No token, or a rejected one: two challenges (RFC 6750 §3) with the same body. */
export const unauthorized = (reason: 'missing' | 'invalid') =>
  new AppError('UNAUTHORIZED', 'Not authenticated: authorization required', {
    headers: { 'www-authenticate': reason === 'missing' ? challenge : `${challenge}, error="invalid_token"` },
  });

export const invalidCredentials = () =>
  new AppError('INVALID_CREDENTIALS', 'Wrong email or password', {
    headers: { 'www-authenticate': challenge },
  });

/** For routes that require the current password. */
export const wrongPassword = () =>
  new AppError('INVALID_CREDENTIALS', 'Wrong password', { headers: { 'www-authenticate': challenge } });

export const totpRequired = () =>
  new AppError('TOTP_REQUIRED', 'A code of the second factor is required', {
    headers: { 'www-authenticate': challenge },
  });

/** For users of other issuers, who have no password here. */
export const freshTokenRequired = () =>
  new AppError('INVALID_CREDENTIALS', 'A token that was issued in the last 5 minutes is required', {
    headers: { 'www-authenticate': challenge },
  });

/** A mailed link that was used, replaced, expired or never issued. */
export const invalidLink = () => new AppError('INVALID_TOKEN', 'The link is no longer valid');

export const forbidden = () => new AppError('FORBIDDEN', "Not authorized to access this user's data");

export const adminsOnly = () => new AppError('FORBIDDEN', 'For admins only');

export const serviceLocked = () =>
  new AppError('SERVICE_LOCKED', 'The service is locked by its operator', {
    headers: { 'retry-after': '60' },
  });

/** The same response for every email address: it does not reveal whether an account exists. */
export const registrationClosed = () =>
  new AppError('REGISTRATION_CLOSED', 'Accounts are made by the operator of this service');

/**
 * No invitation, or one that was used, revoked, replaced, expired, never issued, or issued for another email address.
 */
export const invitationRequired = () =>
  new AppError('INVITATION_REQUIRED', 'A valid invitation for this email address is required');

/** @param name the feature flag that is off for this user. Repeating the request does not help. */
export const featureDisabled = (name: string) =>
  new AppError('FEATURE_DISABLED', `The operator of this service has switched ${name} off for this user`);

/** Retry-After is an hour: an operator has to act before a retry can succeed. */
export const mailNotConfigured = () =>
  new AppError('MAIL_NOT_CONFIGURED', 'This service cannot send mail; ask its operator', {
    headers: { 'retry-after': '3600' },
  });

export const notFound = (what: string) => new AppError('NOT_FOUND', `${what} not found`);

export const emailTaken = () => new AppError('EMAIL_TAKEN', 'Email already registered');

export const rateLimited = (retryAfterSeconds: number) =>
  new AppError('RATE_LIMITED', 'Too many requests, try again later', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });

/** Enough to correct a request. More issues, or longer names, would turn a small body into a large response. */
export const maxIssues = 20;
const maxNameLength = 100;

const shortenName = (name: string | number) =>
  typeof name === 'string' && name.length > maxNameLength
    ? `${name.slice(0, maxNameLength).toWellFormed()}…`
    : name;

export function validationError(issues: ValidationIssue[]): AppError {
  const named = issues.slice(0, maxIssues).map((issue) => ({ ...issue, loc: issue.loc.map(shortenName) }));
  const sentence = named.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
  return new AppError('VALIDATION_ERROR', sentence, { issues: named });
}

/** @param noun its `type` in the registry of nouns */
export const versionConflict = (noun: string, current: unknown) =>
  new AppError('VERSION_CONFLICT', `The ${noun} was changed since the version you sent`, { current });

export const preconditionFailed = (noun: string, current: unknown) =>
  new AppError('PRECONDITION_FAILED', `The ${noun} was changed since the version in If-Match`, { current });

/** @param of what there are at most so many of */
export const limitExceeded = (max: number, of: string) =>
  new AppError('LIMIT_EXCEEDED', `There can be at most ${max} ${of}`);

export const idempotencyInFlight = () =>
  new AppError('IDEMPOTENCY_IN_FLIGHT', 'A request with this Idempotency-Key is still under way', {
    headers: { 'retry-after': '1' },
  });

export const idempotencyKeyReused = () =>
  new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request');

export const cursorExpired = () =>
  new AppError('CURSOR_EXPIRED', 'The cursor is too old to be followed; start again without one');

export const serviceUnavailable = (cause?: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', 'The service is briefly unavailable, try again', {
    cause,
    headers: { 'retry-after': '1' },
  });

/** The connection to the database was lost while it committed a write. */
export const outcomeUnknown = (cause: unknown) =>
  new AppError(
    'OUTCOME_UNKNOWN',
    'The change may have been made or not: read before you send it again, or send it with an Idempotency-Key',
    { cause, headers: { 'retry-after': '1' } },
  );

/** The write was rolled back, because its audit entry could not be stored. An operator has to repair the audit log. */
export const auditUnavailable = (cause: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', 'The audit log takes no entry of this, so it was not done', {
    cause,
    headers: { 'retry-after': '60' },
  });
