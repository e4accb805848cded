import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

export type CheckResponse = (method: string, url: string, status: number, body: unknown) => string | null;

const escapePointer = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** The document allows unknown properties, so that clients accept new ones. The server itself must not send any. */
const withoutAdditionalProperties = (document: OpenApi) =>
  JSON.parse(JSON.stringify(document), (_, value) =>
    value?.type === 'object' && value.properties !== undefined
      ? { additionalProperties: false, ...value }
      : value,
  );

/**
 * Checks responses against `openapi.json`. The operation must document the status, and a JSON body must match its
 * schema without further properties.
 * @returns the fault or null; null too for paths and methods that the document lacks
 */
export function createResponseCheck(document: OpenApi): CheckResponse {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(withoutAdditionalProperties(document), 'openapi');
  const paths = Object.keys(document.paths)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      holes: path.split('{').length,
    }))
    .sort((a, b) => a.holes - b.holes);

  function operationOf(method: string, url: string) {
    const target = url.split('?')[0] ?? '';
    const path = paths.find(({ pattern }) => pattern.test(target))?.path;
    const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
    return path === undefined || operation === undefined ? null : { path, operation };
  }

  return function violation(method: string, url: string, status: number, body: unknown): string | null {
    const found = operationOf(method, url);
    if (found === null) return null;
    const { path, operation } = found;
    const response = operation.responses[String(status)];
    if (response === undefined) return `${operation.operationId} does not document status ${status}`;
    if (response.content?.['application/json'] === undefined) {
      return body === undefined ? null : `${operation.operationId} ${status} documents no body, and one came`;
    }
    const pointer = [
      'paths',
      path,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      'application/json',
      'schema',
    ];
    const validate = ajv.getSchema(
      `openapi#/${pointer.map(escapePointer).map(encodeURIComponent).join('/')}`,
    );
    if (validate === undefined) return `no schema at ${pointer.join('/')}`;
    return validate(body) ? null : `${operation.operationId} ${status}: ${ajv.errorsText(validate.errors)}`;
  };
}
