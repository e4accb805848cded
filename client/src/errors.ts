import type { components } from './generated/schema.ts';

type Schemas = components['schemas'];

/** Every `error_code` of the server; API.md says when each is answered. */
export type ErrorCode = Schemas['Problem']['error_code'];

/**
 * `NETWORK_ERROR`: no answer, so a write without an Idempotency-Key may have been done or not.
 * `UNEXPECTED_RESPONSE`: an answer that is not Duly's, such as the error page of a proxy.
 */
export type ClientErrorCode = 'NETWORK_ERROR' | 'UNEXPECTED_RESPONSE';

type ConflictCode = 'VERSION_CONFLICT' | 'PRECONDITION_FAILED';

/** The nouns that a conflict can be about, with the type of `current`. */
export interface ConflictNouns {
  task: Schemas['Task'];
  project: Schemas['Project'];
  section: Schemas['Section'];
  view: Schemas['View'];
  reminder: Schemas['Reminder'];
  channel: Schemas['Channel'];
}

export interface ErrorFields {
  code: string;
  /** The HTTP status; 0 without an answer. */
  status: number;
  /** A sentence for people. */
  detail: string;
  /** The broken rules of a VALIDATION_ERROR; otherwise empty. */
  issues: readonly Schemas['Issue'][];
  /** Finds the request in the server's log; null without an answer of the server. */
  requestId: string | null;
  /** From `Retry-After`: how long to wait before another attempt; null if the server did not say. */
  retryAfterMs: number | null;
  /** The noun of a conflict. */
  noun?: string;
  /** The server's current item in a conflict. */
  current?: unknown;
  cause?: unknown;
}

class BaseError extends Error {
  override readonly name = 'DulyError';
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly issues: readonly Schemas['Issue'][];
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  readonly noun: string | undefined;
  readonly current: unknown;

  constructor({ cause, ...fields }: ErrorFields) {
    super(`${fields.code}: ${fields.detail}`, { cause });
    this.code = fields.code;
    this.status = fields.status;
    this.detail = fields.detail;
    this.issues = fields.issues;
    this.requestId = fields.requestId;
    this.retryAfterMs = fields.retryAfterMs;
    this.noun = fields.noun;
    this.current = fields.current;
  }

  /** The messages of `issues` by field: `title`, `tags.0`. */
  get fields(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.issues.map(({ loc, msg }) => [loc.slice(1).join('.'), msg]));
  }
}

type Base = Omit<BaseError, 'code' | 'noun' | 'current'>;

type ConflictError = {
  [Noun in keyof ConflictNouns]: Base & {
    readonly code: ConflictCode;
    readonly noun: Noun;
    readonly current: ConflictNouns[Noun];
  };
}[keyof ConflictNouns];

/** A failed call. `code` says what it is, and narrows the type: a conflict has `noun` and `current`. */
export type DulyError =
  | ConflictError
  | (Base & { readonly code: Exclude<ErrorCode, ConflictCode> | ClientErrorCode });

interface DulyErrorConstructor {
  new (fields: ErrorFields): DulyError;
}

// A class cannot be declared as a union. The server guarantees which fields come with which code.
export const DulyError = BaseError as unknown as DulyErrorConstructor;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isIssue = (value: unknown): value is Schemas['Issue'] =>
  isRecord(value) && Array.isArray(value.loc) && typeof value.msg === 'string';

/** `Retry-After` is a number of seconds or an HTTP date (RFC 9110 §10.2.3). */
function readRetryAfter(value: string | null): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** The error that a response with this body is. */
export function responseError(response: Response, body: unknown, noun?: string): DulyError {
  const problem = isRecord(body) ? body : {};
  const { error_code: code, detail, request_id: requestId, errors, current } = problem;
  return new DulyError({
    code: typeof code === 'string' ? code : 'UNEXPECTED_RESPONSE',
    status: response.status,
    detail: typeof detail === 'string' ? detail : `HTTP status ${response.status}`,
    issues: Array.isArray(errors) ? errors.filter(isIssue) : [],
    requestId: typeof requestId === 'string' ? requestId : response.headers.get('x-request-id'),
    retryAfterMs: readRetryAfter(response.headers.get('retry-after')),
    ...(current !== undefined && noun !== undefined && { noun, current }),
  });
}

/** An error that the client itself found. */
export const clientError = (code: ClientErrorCode | ErrorCode, detail: string, cause?: unknown): DulyError =>
  new DulyError({ code, status: 0, detail, issues: [], requestId: null, retryAfterMs: null, cause });
