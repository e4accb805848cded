import type { operations } from './generated/operations.ts';
import { randomId } from './random-id.ts';
import { type Answer, type FileBody, type Request, send, type Transport } from './transport.ts';

type Row = (typeof operations)[keyof typeof operations];

/** One row of the table of operations, read. */
export interface Operation {
  method: string;
  /** From the root of the server, with its parameters in braces. */
  path: string;
  parameterCount: number;
  /** Whether the body is a file, which comes before the input. */
  takesFile: boolean;
  hasInput: boolean;
  takesKey: boolean;
  /** Whether the result is the response's `data`, and not the whole response. */
  isData: boolean;
  isPublic: boolean;
  /** Fields of the input that go to the query although the operation has a body. */
  queryFields: string[];
}

export function readRow(row: Row, userPath: string): Operation {
  const [method = '', path = '', ...words] = row.split(' ');
  return {
    method,
    path: path.startsWith('~') ? `${userPath}${path.slice(1)}` : `/api/v1${path}`,
    parameterCount: path.split('{').length - 1,
    takesFile: words.includes('file'),
    hasInput: words.includes('input'),
    takesKey: words.includes('key'),
    isData: words.includes('data'),
    isPublic: words.includes('public'),
    queryFields: words.flatMap((word) => (word.startsWith('query:') ? [word.slice(6)] : [])),
  };
}

export interface Options {
  signal?: AbortSignal;
  idempotencyKey?: string;
  ifMatch?: number | string;
  onResponse?: (response: Response) => void;
  timeoutMs?: number;
}

/** `tags=a&tags=b`; what is undefined or null is left out. */
export function queryOf(fields: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null) query.append(name, String(one));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

const fill = (path: string, ids: readonly string[]): string => {
  let next = 0;
  return path.replace(/\{\w+\}/g, () => encodeURIComponent(ids[next++] ?? ''));
};

/** Splits the input by where its fields go. An empty body is not sent. */
function partsOf({ method, queryFields }: Operation, input: object) {
  const fields = Object.entries(input).filter(([, value]) => value !== undefined);
  const isQuery = ([name]: [string, unknown]) => method === 'GET' || queryFields.includes(name);
  const body = fields.filter((field) => !isQuery(field));
  return {
    query: queryOf(Object.fromEntries(fields.filter(isQuery))),
    ...(body.length > 0 && { body: Object.fromEntries(body) }),
  };
}

export interface Sent {
  /** In the order of the path. */
  ids: readonly string[];
  file?: FileBody | undefined;
  input: object;
}

/** Calls an operation. @throws DulyError, or the reason of the signal */
export async function call(
  transport: Transport,
  operation: Operation,
  { ids, file, input }: Sent,
  options: Options = {},
  noun?: string,
): Promise<unknown> {
  const { method, path, takesKey, takesFile, isPublic, isData, hasInput } = operation;
  const { idempotencyKey, ifMatch, signal, timeoutMs, onResponse } = options;
  const { query, body } = partsOf(operation, input);
  // An update without fields is a body too.
  const isBodyMissing = hasInput && body === undefined && (method === 'PATCH' || method === 'PUT');
  const request: Request = {
    method,
    path: fill(path, ids) + query,
    headers: {
      ...(takesKey && { 'idempotency-key': idempotencyKey ?? randomId() }),
      ...(ifMatch !== undefined && { 'if-match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
    },
    // An import that was cut off is finished by the same request, and creates nothing twice.
    isRepeatable: method === 'GET' || takesKey || takesFile,
    signal,
    ...(file !== undefined && { file }),
    ...(isBodyMissing ? { body: {} } : body !== undefined && { body }),
    ...(noun !== undefined && { noun }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const answer = await send(isPublic ? { ...transport, tokens: null } : transport, request);
  onResponse?.(answer.response);
  return resultOf(answer, isData);
}

function resultOf({ body }: Answer, isData: boolean): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if (isData) return 'data' in body ? body.data : undefined;
  const { message: _, status_code: __, ...rest }: Record<string, unknown> = { ...body };
  return rest;
}
