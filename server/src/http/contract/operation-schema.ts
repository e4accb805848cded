import type { FastifySchema } from 'fastify';
import type { Config } from '../../config/config.ts';
import { type AppError, adminsOnly, notFound } from '../../platform/errors.ts';
import type { Operation } from './operation.ts';
import { errorResponses, notModified, ReadHeaders } from './schemas.ts';
import type { Surface } from './surface.ts';

/** Who may call a route: anybody, the user in the path with a token, an admin with a token. */
export type Access = 'public' | 'token' | 'admin';

const adminDescriptions = { 403: 'The caller is not an admin.' };
const adminExamples: Record<number, AppError> = { 403: adminsOnly(), 404: notFound('User') };

/** The schema that validates, serializes and documents an operation on a surface. */
export function operationSchema(
  operation: Operation,
  surface: Surface,
  access: Access,
  config: Config,
): FastifySchema {
  const { id, summary, description, group } = operation;
  const input = typeof operation.input === 'function' ? operation.input(config) : operation.input;
  const caching = 'success' in operation && operation.caching !== undefined;
  return {
    operationId: surface.operationId(id),
    summary,
    ...(description !== undefined && { description }),
    tags: [surface.group ?? group],
    ...(access === 'public' && { security: [] }),
    ...input,
    ...(caching && { headers: ReadHeaders }),
    ...surface.variants[id],
    response: {
      ...successResponses(operation, surface),
      ...(operation.errors !== undefined && errorsOf(operation, operation.errors, input, surface, access)),
    },
  };
}

function successResponses(operation: Operation, surface: Surface): Record<number, object> {
  if (!('success' in operation)) return operation.response;
  const { success, caching } = operation;
  const responses = { [surface.status(success)]: surface.successSchema(success) };
  return caching === undefined ? responses : { ...responses, ...notModified(success.headers ?? {}) };
}

function errorsOf(
  operation: Operation,
  own: readonly number[],
  input: FastifySchema,
  surface: Surface,
  access: Access,
) {
  const { errorDescriptions, errorExamples } = operation;
  const statuses = [400, 414, ...own];
  if (access !== 'public') statuses.push(401);
  // 403 means that the path has another user's id: a path without a user cannot cause it.
  if (access === 'admin' || (access === 'token' && hasProperty(input.params, 'user_id'))) statuses.push(403);
  return errorResponses(
    surface,
    statuses.filter((status) => status !== 422 || canRespond422(input, surface)),
    { ...(access === 'admin' && adminDescriptions), ...errorDescriptions },
    { ...(access === 'admin' && adminExamples), ...errorExamples },
  );
}

/** On the bare surface invalid input is a 400, so 422 only means an Idempotency-Key of another request. */
const canRespond422 = ({ headers }: FastifySchema, surface: Surface) =>
  surface.problem === 'Problem' || hasProperty(headers, 'idempotency-key');

const hasProperty = (schema: unknown, name: string): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  'properties' in schema &&
  typeof schema.properties === 'object' &&
  schema.properties !== null &&
  name in schema.properties;
