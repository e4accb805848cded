import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isAuditRefusal } from '../../audit/refused-entries.ts';
import { isErasedUserError, isUnavailableError } from '../../db/failures.ts';
import {
  AppError,
  auditUnavailable,
  type ErrorCode,
  serviceUnavailable,
  unauthorized,
} from '../../platform/errors.ts';

/** Surfaces differ in `detail` and `errors` of validation errors only. */
export interface ErrorBody {
  detail: unknown;
  error_code: ErrorCode;
  status_code: number;
  timestamp: string;
  request_id: string;
  errors?: unknown;
  current?: unknown;
}

export function errorBody(error: AppError, status: number, requestId: string): ErrorBody {
  return {
    detail: error.message,
    error_code: error.code,
    status_code: status,
    timestamp: new Date().toISOString(),
    request_id: requestId,
    ...(error.current === undefined ? {} : { current: error.current }),
  };
}

export type RenderError = (error: AppError, requestId: string) => { status: number; body: ErrorBody };

/** The common form of errors: `detail` is a text, and `errors` has the issues of an invalid request. */
export const renderError: RenderError = (error, requestId) => {
  const { status, issues } = error;
  const body = errorBody(error, status, requestId);
  return { status, body: issues === undefined ? body : { ...body, errors: issues } };
};

/** Only the log shows it. A request that the client aborted must not be logged as a 500. */
const truncatedRequest = () => new AppError('BAD_REQUEST', 'The request was cut short');

/** Errors that Fastify raises before or around a handler. */
const byFrameworkCode: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body is too large'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'Content-Length does not match the body'],
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The path is not valid percent-encoding'],
  FST_ERR_MAX_PARAM_LENGTH: ['URI_TOO_LONG', 'A part of the path is too long'],
};

/** Maps anything thrown to an AppError. Its `cause` is for the log and never in the response. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isUnavailableError(error)) return serviceUnavailable(error);
  if (isAuditRefusal(error)) return auditUnavailable(error);
  if (isErasedUserError(error)) return unauthorized('invalid');
  const code = frameworkCode(error);
  if (code === 'FST_ERR_HANDLER_TIMEOUT') return serviceUnavailable(error);
  const framework = byFrameworkCode[code];
  if (framework !== undefined) return new AppError(framework[0], framework[1]);
  if (isBetterAuthError(error) && error.statusCode < 500) return new AppError('BAD_REQUEST', error.message);
  if (isClientError(error)) return new AppError('BAD_REQUEST', 'Bad request');
  return new AppError('INTERNAL_ERROR', 'Internal server error', { cause: error });
}

/** Found by its name, because its class would have to be loaded with Better Auth. */
const isBetterAuthError = (error: unknown): error is Error & { statusCode: number } =>
  error instanceof Error &&
  error.name === 'APIError' &&
  'statusCode' in error &&
  typeof error.statusCode === 'number';

function frameworkCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isClientError(error: unknown): error is FastifyError {
  if (!(error instanceof Error) || !('statusCode' in error)) return false;
  const status = error.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500;
}

/** The error handler of a surface. Logs the cause of a 5xx. */
export function errorHandler(render: RenderError) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = request.raw.destroyed && !request.raw.complete ? truncatedRequest() : toAppError(thrown);
    if (error.status >= 500)
      request.log.error({ request_id: request.id, err: describeCause(error.cause) }, error.message);
    const { status, body } = render(error, request.id);
    return reply.status(status).headers(error.headers).type(jsonContentType).send(body);
  };
}

export const jsonContentType = 'application/json; charset=utf-8';

/** Without the `detail` and `where` of database errors, which contain values of users. */
function describeCause(cause: unknown) {
  if (!(cause instanceof Error)) return undefined;
  const code = 'code' in cause ? String(cause.code) : undefined;
  return {
    type: cause.name,
    code,
    reason: code === undefined ? cause.message : undefined,
    stack: stackFrames(cause),
  };
}

const stackFrames = (error: Error) =>
  error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8);
