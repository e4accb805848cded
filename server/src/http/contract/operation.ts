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
  /** The primary. With `caching` it may be a replica that has replayed the user's revision. */
  db: Context['db'];
  request: FastifyRequest<RouteGenericInterface, RawServerDefault, IncomingMessage, I, TypeBoxTypeProvider>;
  reply: FastifyReply;
}

interface OperationBase<I extends FastifySchema> {
  /** `operationId` on v1; audit actions derive from it (`hooks/audit-counts.ts`). */
  id: string;
  summary: string;
  description?: string;
  /** Its group in `openapi.json`. */
  group: string;
  /** Schemas of the request; the types of `handle` derive from them. Some depend on settings. */
  input: I | ((config: Config) => I);
  /** Statuses of its own errors. Those of its access, and those that any request may get, are added. */
  errors?: readonly number[];
  errorDescriptions?: Record<number, string>;
  errorExamples?: Record<number, AppError>;
  options?: Pick<RouteShorthandOptions, 'bodyLimit' | 'config' | 'exposeHeadRoute' | 'onSend'>;
}

/** An operation whose result the surface renders. */
interface SurfaceOperation<I extends FastifySchema> extends OperationBase<I> {
  success: Success;
  /** Responses are cached; those of a list also compressed. */
  caching?: typeof cacheable | typeof cacheableList;
  handle(call: Call<I>): Promise<Result>;
}

/** An operation that builds its own body, the same on every surface. */
interface OwnFormOperation<I extends FastifySchema> extends OperationBase<I> {
  /** Response schemas by status. */
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
