import {
  AppError,
  cursorExpired,
  forbidden,
  idempotencyInFlight,
  idempotencyKeyReused,
  notFound,
  preconditionFailed,
  rateLimited,
  serviceUnavailable,
  unauthorized,
  validationError,
  versionConflict,
} from '../../platform/errors.ts';
import { taskExample } from '../../tasks/model.ts';
import type { RenderError } from './errors.ts';

const missing = validationError([{ loc: ['body', 'title'], msg: 'is missing', type: 'required' }]);
const tooMany = validationError([
  { loc: ['query', 'limit'], msg: 'must be <= 100, got 101', type: 'maximum' },
]);

const commonExamples: Record<number, AppError> = {
  400: new AppError('BAD_REQUEST', 'The path is not valid percent-encoding'),
  401: unauthorized('missing'),
  403: forbidden(),
  404: notFound('Task'),
  408: new AppError('REQUEST_TIMEOUT', 'The request took too long to arrive'),
  409: idempotencyInFlight(),
  410: cursorExpired(),
  412: preconditionFailed('task', taskExample),
  413: new AppError('PAYLOAD_TOO_LARGE', 'The body is too large'),
  414: new AppError('URI_TOO_LONG', 'A part of the path is too long'),
  415: new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'),
  417: new AppError('EXPECTATION_FAILED', 'Expect may only be 100-continue'),
  422: tooMany,
  429: rateLimited(30),
  431: new AppError('HEADERS_TOO_LARGE', 'The headers are too large'),
  500: new AppError('INTERNAL_ERROR', 'Internal server error'),
  503: serviceUnavailable(),
};

/** Examples that depend on the surface, on the body, or on versions. */
function typicalExamples(renderError: RenderError, statuses: readonly number[]): Record<number, AppError> {
  const conflict = statuses.includes(412) ? { 409: versionConflict('task', taskExample) } : {};
  const issue = statuses.includes(415) ? missing : tooMany;
  return { ...conflict, 422: idempotencyKeyReused(), [renderError(issue, requestId).status]: issue };
}

const timestamp = '2026-11-21T08:00:00.000Z';
const requestId = '0b9d6c1e-8f6e-4a53-bf62-3d4f0b8f7a11';

/** Renders an example for each status of an operation. `own` has precedence. */
export function errorExamples(
  renderError: RenderError,
  statuses: readonly number[],
  own: Record<number, AppError>,
): (status: number) => object | undefined {
  const examples = { ...commonExamples, ...typicalExamples(renderError, statuses), ...own };
  return (status) => {
    const error = examples[status];
    return error && { ...renderError(error, requestId).body, timestamp };
  };
}
