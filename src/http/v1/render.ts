import { type TSchema, Type } from 'typebox';
import type { AppError } from '../../errors.ts';
import { errorBody } from '../errors.ts';

/** P1's success body. */
export const envelope = <T>(data: T, message: string, status = 200) => ({
  data,
  message,
  status_code: status,
});

export const envelopeOf = (
  data: TSchema,
  description: string,
  headers = {},
  more: Record<string, TSchema> = {},
) => ({
  description,
  headers,
  ...Type.Object(
    { data, message: Type.String(), status_code: Type.Integer(), ...more },
    { additionalProperties: false },
  ),
});

/** The full surface's errors: 422 for a field that is not valid, `detail` always a string. */
export function renderError(error: AppError, requestId: string) {
  const { status, issues } = error;
  return {
    status,
    body: { ...errorBody(error, status, requestId), ...(issues === undefined ? {} : { errors: issues }) },
  };
}
