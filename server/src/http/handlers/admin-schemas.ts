import { Type } from 'typebox';
import { AdminUserPath } from '../../admin/model.ts';
import { type AppError, adminsOnly, notFound } from '../../platform/errors.ts';
import { errorResponses } from '../contract/schemas.ts';
import { envelopeSchema } from '../v1/render.ts';

export const adminTags = ['Administration'];

const adminOnlyDescription = { 403: 'The caller is not an admin.' };

/** The refusals of an operation for admins: these, and those that any has. */
export const adminErrors = (...statuses: number[]) => adminErrorsWith(statuses);

export const adminErrorsWith = (
  statuses: readonly number[],
  own: Record<number, string> = {},
  examples: Record<number, AppError> = {},
) =>
  errorResponses(
    'Problem',
    [400, 401, 403, 414, ...statuses],
    { ...adminOnlyDescription, ...own },
    { 403: adminsOnly(), 404: notFound('User'), ...examples },
  );

export const userSchema = (description: string) => envelopeSchema(Type.Ref('AdminUser'), description);

/** A page of a list by id. */
export const pageSchema = (schema: string, description: string) =>
  envelopeSchema(
    Type.Array(Type.Ref(schema)),
    description,
    {},
    { next_after: Type.Unsafe<string | null>({ type: ['string', 'null'] }) },
  );

/** An operation on one user, without a body, that answers with the user. */
export const userOperation = (operationId: string, summary: string, answer: string, description = '') => ({
  operationId,
  summary,
  description,
  tags: adminTags,
  params: AdminUserPath,
  response: { 200: userSchema(answer), ...adminErrors(404, 422) },
});
