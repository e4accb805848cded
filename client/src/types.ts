import type { operations as rows } from './generated/operations.ts';
import type { components, operations } from './generated/schema.ts';
import type { defaults, methods } from './methods.ts';
import type { FileBody } from './transport.ts';

type Schemas = components['schemas'];
export type Task = Schemas['Task'];
export type Project = Schemas['Project'];
export type Section = Schemas['Section'];
export type View = Schemas['View'];
export type Reminder = Schemas['Reminder'];
export type Occurrence = Schemas['Occurrence'];
export type Channel = Schemas['Channel'];
export type Profile = Schemas['Profile'];
export type Tag = Schemas['Tag'];
/** An entry of the change feed: `type` names it, and the property of that name has it unless `op` is `delete`. */
export type Change = Schemas['Change'];
export type BulkOperation = Schemas['BulkOperation'];

type Rows = typeof rows;
export type OperationId = keyof Rows & keyof operations;

export interface CallOptions {
  /** Ends the call at once, also while it waits for another attempt. It then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Gets the final response: its headers have the ETag, the rate limit, and the age of a stale answer. */
  onResponse?: (response: Response) => void;
}

interface WriteOptions {
  /** By default a new random key for each call; the attempts of one call share it. */
  idempotencyKey?: string;
}

interface ConditionOptions {
  /** The version that the write is for; PRECONDITION_FAILED if it is not the current one. */
  ifMatch?: number | string;
}

type Parameters<Id extends OperationId> = operations[Id]['parameters'];
/** The generated types have `never` where an operation has none. */
type IfAny<T, None> = [T] extends [never] ? None : T;
type Property<T, Name extends string> = T extends { [Key in Name]?: infer Value }
  ? NonNullable<Value>
  : never;
type Query<Id extends OperationId> = IfAny<Property<Parameters<Id>, 'query'>, unknown>;
type Header<Id extends OperationId> = IfAny<Property<Parameters<Id>, 'header'>, unknown>;
type RequestContent<Id extends OperationId> = Property<Property<operations[Id], 'requestBody'>, 'content'>;
type RequestBody<Id extends OperationId> = IfAny<Property<RequestContent<Id>, 'application/json'>, unknown>;
type WithDefaults<Id extends OperationId, Input> = Id extends keyof typeof defaults
  ? Omit<Input, keyof (typeof defaults)[Id]> & Partial<Pick<Input, keyof (typeof defaults)[Id] & keyof Input>>
  : Input;

/** The query of a read; the body of a write, together with its query if it has one. */
export type Input<Id extends OperationId> = WithDefaults<Id, Query<Id> & RequestBody<Id>>;

type Options<Id extends OperationId> = CallOptions &
  ('idempotency-key' extends keyof Header<Id> ? WriteOptions : unknown) &
  ('if-match' extends keyof Header<Id> ? ConditionOptions : unknown);

type Response2xx<Id extends OperationId> = operations[Id]['responses'][keyof operations[Id]['responses']];
type Body<Id extends OperationId> =
  Response2xx<Id> extends { content: infer Content } ? Content[keyof Content] : never;

/** `data`, if the response has nothing else; otherwise the response without `message` and `status_code`. */
export type Output<Id extends OperationId> = Rows[Id] extends `${string} data${string}`
  ? Body<Id> extends { data: infer Data }
    ? Data
    : never
  : WithoutEnvelope<Body<Id>>;

type WithoutEnvelope<Content> = Content extends { status_code: number }
  ? Omit<Content, 'message' | 'status_code'>
  : Content;

type Tail<Id extends OperationId> = Rows[Id] extends `${string} file ${string}`
  ? [file: FileBody, query?: Query<Id>, options?: Options<Id>]
  : InputTail<Id>;

type InputTail<Id extends OperationId> = Rows[Id] extends `${string} input${string}`
  ? object extends Input<Id>
    ? [input?: Input<Id>, options?: Options<Id>]
    : [input: Input<Id>, options?: Options<Id>]
  : [options?: Options<Id>];

type Call<Id extends OperationId, Result> = Rows[Id] extends `${string}{${string}{${string}`
  ? (parentId: string, id: string, ...rest: Tail<Id>) => Result
  : Rows[Id] extends `${string}{${string}`
    ? (id: string, ...rest: Tail<Id>) => Result
    : (...rest: Tail<Id>) => Result;

interface Paged {
  data: unknown[];
  pagination: { next_cursor: string | null };
}

type Paging<Id extends OperationId> =
  Output<Id> extends Paged
    ? {
        /** All pages, one request each, by cursor: what is inserted or deleted meanwhile shifts nothing. */
        pages: Call<Id, AsyncGenerator<Output<Id>, void, undefined>>;
        /** The items of all pages. */
        all: Call<Id, AsyncGenerator<Output<Id>['data'][number], void, undefined>>;
      }
    : unknown;

export type Method<Id extends OperationId> = Call<Id, Promise<Output<Id>>> & Paging<Id>;

type Groups = typeof methods;
type Group<Name extends keyof Groups> = {
  readonly [Key in keyof Groups[Name]]: Groups[Name][Key] extends OperationId
    ? Method<Groups[Name][Key]>
    : never;
} & (Groups[Name] extends { list: infer Id extends OperationId } ? Paging<Id> : unknown);

/** The methods of all groups. */
export type Methods = { readonly [Name in keyof Groups]: Group<Name> };
