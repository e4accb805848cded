import type { TSchema } from '../../platform/schema.ts';
import { type RenderError, renderError } from './errors.ts';
import { JsonBytes } from './json-bytes.ts';

/** What a handler returns. The surface of the route renders it as a body. */
export interface Result {
  data?: unknown;
  /** Instead of `data`: its JSON. */
  json?: Buffer;
  /** Instead of `data`: the JSON of an array's items, with commas between them. */
  items?: Buffer;
  /** Further fields of the envelope. */
  more?: object;
  /** Stored with a cached response; so an operation with `caching` must not set headers on the reply. */
  headers?: Record<string, string>;
  /** The data may change although the user's revision does not, so the response cache must not store them. */
  isUncacheable?: boolean;
  /** When the data may change without a write, in ms since 1970; null: never. */
  validUntilMs?: number | null;
}

/** The successful response of an operation, before a surface renders it. */
export interface Success {
  /** 200 when absent. */
  status?: 201 | 202;
  /** `message` of the envelope. */
  message: string;
  /** `Type.Null()` means that there are no data. */
  data: TSchema;
  description: string;
  headers?: Record<string, unknown>;
  /** Schemas of further fields of the envelope. */
  more?: Record<string, TSchema>;
}

/** What one surface replaces in the schema of a shared operation. */
export interface Variant {
  summary?: string;
  description?: string;
  /** Must not accept more than the handler does. */
  body?: TSchema;
}

/** How responses and errors are rendered below one prefix. */
export interface Surface {
  /** The schema of its error bodies. */
  problem: 'Problem' | 'BareProblem';
  renderError: RenderError;
  status(success: Success): number;
  /** @returns a `JsonBytes`, a value to serialize, or undefined for no body */
  render(result: Result, success: Success): unknown;
  successSchema(success: Success): object;
  /** @returns the `operationId` of an operation on this surface */
  operationId(id: string): string;
  /** The group of all its operations in `openapi.json`; null if each has its own. */
  group: string | null;
  /** By the operation's id. */
  variants: Record<string, Variant>;
}

/** Routes outside both surfaces: data without an envelope, and errors in the common form. */
export const plain: Surface = {
  problem: 'Problem',
  renderError,
  status: ({ status = 200 }) => status,
  render({ data, json, items }) {
    if (json !== undefined) return new JsonBytes(json);
    return items === undefined ? data : new JsonBytes('[', items, ']');
  },
  successSchema: ({ description, headers = {}, data }) => ({ description, headers, ...data }),
  operationId: (id) => id,
  group: null,
  variants: {},
};
