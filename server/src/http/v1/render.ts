import { type TSchema, Type } from 'typebox';
import type { AppError } from '../../platform/errors.ts';
import { errorBody } from '../contract/errors.ts';

/** P1's success body. */
export const envelope = <T>(data: T, message: string, status = 200) => ({
  data,
  message,
  status_code: status,
});

/** A page of a list by id, of which `found` is one longer where there are more. */
export function envelopePage<T extends { id: string }>(found: readonly T[], limit: number, message: string) {
  const data = found.slice(0, limit);
  const next = found.length > limit ? (data.at(-1)?.id ?? null) : null;
  return { ...envelope(data, message), next_after: next };
}

/** The same around data that are JSON already, as JSON. */
export const envelopeJson = (data: string, message: string, more: object = {}) =>
  `{"data":${data},${JSON.stringify({ message, status_code: 200, ...more }).slice(1)}`;

export const envelopeSchema = (
  data: TSchema,
  description: string,
  headers = {},
  more: Record<string, TSchema> = {},
) => ({
  description,
  headers,
  ...Type.Object({ data, message: Type.String(), status_code: Type.Integer(), ...more }),
});

/** An access token: flat, as P1 and RFC 6749 §5.1 have it, the one exception to the envelope. */
export const accessTokenSchema = (description: string) => ({
  description,
  ...Type.Object({
    access_token: Type.String(),
    token_type: Type.Enum(['bearer'], { type: 'string' }),
    expires_in: Type.Integer({ description: 'Seconds.' }),
    user: Type.Ref('User'),
    message: Type.String(),
    status_code: Type.Integer(),
  }),
});

/** The full surface's errors: 422 for a field that is not valid, `detail` always a string. */
export function renderError(error: AppError, requestId: string) {
  const { status, issues } = error;
  return {
    status,
    body: { ...errorBody(error, status, requestId), ...(issues === undefined ? {} : { errors: issues }) },
  };
}
