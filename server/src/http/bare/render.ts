import type { AppError } from '../../platform/errors.ts';
import { errorBody } from '../contract/errors.ts';

/** The Better Auth front end's errors: 400 for a field that is not valid, with the list of them as `detail`. */
export function renderError(error: AppError, requestId: string) {
  const { issues } = error;
  const status = issues === undefined ? error.status : 400;
  const body = errorBody(error, status, requestId);
  return { status, body: issues === undefined ? body : { ...body, detail: issues } };
}
