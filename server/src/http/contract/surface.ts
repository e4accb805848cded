import type { TSchema } from 'typebox';
import { type RenderError, renderError } from './errors.ts';

/** What a handler gives: data of its noun, which the surface of the route makes a body of. */
export interface Result {
  data?: unknown;
  /** In place of `data`: the same as JSON text. */
  json?: string;
  /** Fields that an envelope has beside the data. */
  more?: object;
  /** Stored with a cached response: an operation with `caching` sets none on the reply. */
  headers?: Record<string, string>;
  /** Whether the data may change although the user's revision does not: the response cache must not store them. */
  isUncacheable?: boolean;
}

/** What an operation answers when it succeeds, before a surface gives it a form. */
export interface Success {
  /** 200 when absent. */
  status?: 201 | 202;
  /** Said by an envelope. */
  message: string;
  /** `Type.Null()`: there is nothing to show. */
  data: TSchema;
  description: string;
  headers?: Record<string, unknown>;
  /** Schemas of the fields that an envelope has beside the data. */
  more?: Record<string, TSchema>;
}

/** What a surface replaces in an operation that the surfaces share. */
export interface Variant {
  summary?: string;
  description?: string;
  /** Accepts nothing that the handler does not. */
  body?: TSchema;
}

/** The form that operations and errors have below one prefix. */
export interface Surface {
  /** The schema of its error bodies. */
  problem: 'Problem' | 'BareProblem';
  renderError: RenderError;
  status(success: Success): number;
  /** A text is JSON already; undefined: no body. */
  render(result: Result, success: Success): unknown;
  successSchema(success: Success): object;
  /** @returns the `operationId` of the surface's form of an operation */
  operationId(id: string): string;
  /** The group of all its operations in `openapi.json`; null: each has its own. */
  group: string | null;
  /** By the operation's id. */
  variants: Record<string, Variant>;
}

/** Of routes outside both surfaces: data as they are, and errors in the common form. */
export const plain: Surface = {
  problem: 'Problem',
  renderError,
  status: ({ status = 200 }) => status,
  render: ({ data, json }) => json ?? data,
  successSchema: ({ description, headers = {}, data }) => ({ description, headers, ...data }),
  operationId: (id) => id,
  group: null,
  variants: {},
};
