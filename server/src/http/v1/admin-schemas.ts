import { Type } from 'typebox';
import { AdminUserPath } from '../../admin/model.ts';
import { type AppError, adminsOnly, notFound } from '../../platform/errors.ts';
import { errorResponses } from '../contract/schemas.ts';
import { envelopeOf } from './render.ts';

export const tags = ['Administration'];

const forAdmins = { 403: 'The caller is not an admin.' };

/** The refusals of an operation for admins: these, and those that any has. */
export const errors = (...statuses: number[]) => errorsWith(statuses);

export const errorsWith = (
  statuses: readonly number[],
  own: Record<number, string> = {},
  examples: Record<number, AppError> = {},
) =>
  errorResponses(
    'Problem',
    [400, 401, 403, 414, ...statuses],
    { ...forAdmins, ...own },
    { 403: adminsOnly(), 404: notFound('User'), ...examples },
  );

export const user = (description: string) => envelopeOf(Type.Ref('AdminUser'), description);

/** A page of a list by id. */
export const pageOf = (schema: string, description: string) =>
  envelopeOf(
    Type.Array(Type.Ref(schema)),
    description,
    {},
    { next_after: Type.Unsafe<string | null>({ type: ['string', 'null'] }) },
  );

/** An operation on one user, without a body, that answers with the user. */
export const one = (operationId: string, summary: string, answer: string, description = '') => ({
  operationId,
  summary,
  description,
  tags,
  params: AdminUserPath,
  response: { 200: user(answer), ...errors(404, 422) },
});
