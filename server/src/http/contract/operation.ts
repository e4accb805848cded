import type { IncomingMessage } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  onSendAsyncHookHandler,
  RawServerDefault,
  RouteGenericInterface,
  RouteShorthandOptions,
} from 'fastify';
import type { Config } from '../../config/config.ts';
import type { Context } from '../../context.ts';
import type { AppError } from '../../platform/errors.ts';
import type { cacheable, cacheableList } from '../hooks/cached-responses.ts';
import type { Result, Success } from './surface.ts';

/** What a handler works with. */
export interface Call<I extends FastifySchema = FastifySchema> {
  ctx: Context;
  /** The primary; of an operation with `caching`, perhaps a replica that has all of the user's changes. */
  db: Context['db'];
  request: FastifyRequest<RouteGenericInterface, RawServerDefault, IncomingMessage, I, TypeBoxTypeProvider>;
  reply: FastifyReply;
}

interface OperationBase<I extends FastifySchema> {
  /** `operationId` on v1; audit actions derive from it (`hooks/audit-counts.ts`). */
  id: string;
  summary: string;
  description?: string;
  /** The group in `openapi.json`. */
  group: string;
  /** Schemas of the request, by which `handle` has its types; some depend on settings. */
  input: I | ((config: Config) => I);
  /** Statuses of its errors, beside those that its access and any request have. */
  errors?: readonly number[];
  errorDescriptions?: Record<number, string>;
  errorExamples?: Record<number, AppError>;
  options?: Pick<
    RouteShorthandOptions,
    'bodyLimit' | 'config' | 'exposeHeadRoute' | 'handlerTimeout' | 'onSend'
  >;
}

/** An operation whose body has the form of the surface. */
interface SurfaceOperation<I extends FastifySchema> extends OperationBase<I> {
  success: Success;
  /** Its responses are cached: of a list with the coding of the content, of one thing without. */
  caching?: typeof cacheable | typeof cacheableList;
  handle(call: Call<I>): Promise<Result>;
}

/** An operation that makes its body itself, the same on every surface. */
interface OwnFormOperation<I extends FastifySchema> extends OperationBase<I> {
  /** Schemas by status. */
  response: Record<number, object>;
  handle(call: Call<I>): Promise<unknown>;
}

/** What one method of a URL does, and what `openapi.json` says about it; the same for every surface. */
export type Operation<I extends FastifySchema = FastifySchema> = SurfaceOperation<I> | OwnFormOperation<I>;

/** Gives `handle` its types. */
export const operation = <I extends FastifySchema>(definition: Operation<I>): Operation<I> => definition;

/** A route that `openapi.json` does not show. */
export interface HiddenRoute {
  createOnSend?(): onSendAsyncHookHandler;
  handle(call: Call): unknown;
}
