import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
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
  const ajv = new Ajv2020({ strict: false, allErrors: true, code: { optimize: false } });
  addFormats.default(ajv);
  ajv.addSchema(withoutAdditionalProperties(document), 'openapi');
  const operationOf = createOperationFinder(document);
  /** By the text of the schema: hundreds of responses are one of a few errors. */
  const validators = new Map<string, ValidateFunction>();

  function validatorOf(schema: unknown, pointer: readonly string[]): ValidateFunction {
    const text = JSON.stringify(schema);
    const validator =
      validators.get(text) ??
      ajv.getSchema(`openapi#/${pointer.map(escapePointer).map(encodeURIComponent).join('/')}`);
    if (validator === undefined) throw new Error(`no schema at ${pointer.join('/')}`);
    validators.set(text, validator);
    return validator;
  }

  return function violation(method: string, url: string, status: number, body: unknown): string | null {
    const found = operationOf(method, url);
    if (found === null) return null;
    const { path, operation } = found;
    const response = operation.responses[String(status)];
    if (response === undefined) return `${operation.operationId} does not document status ${status}`;
    // A response of another type, which the operation documents too.
    if (body === undefined && Object.keys(response.content ?? {}).length > 1) return null;
    const content = response.content?.['application/json'];
    if (content === undefined)
      return body === undefined ? null : `${operation.operationId} ${status} documents no body, and one came`;
    const place = ['responses', String(status), 'content', 'application/json', 'schema'];
    const validate = validatorOf(content.schema, ['paths', path, method.toLowerCase(), ...place]);
    return validate(body) ? null : `${operation.operationId} ${status}: ${ajv.errorsText(validate.errors)}`;
  };
}

/** Of several paths that match, the one with the fewest parameters is meant. */
function createOperationFinder(document: OpenApi) {
  const segments = (path: string) => path.split('/').length;
  const paths = Object.groupBy(
    Object.keys(document.paths)
      .map((path) => ({
        path,
        pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        holes: path.split('{').length,
      }))
      .sort((a, b) => a.holes - b.holes),
    ({ path }) => segments(path),
  );
  return (method: string, url: string) => {
    const target = url.split('?')[0] ?? '';
    const path = paths[segments(target)]?.find(({ pattern }) => pattern.test(target))?.path;
    const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
    return path === undefined || operation === undefined ? null : { path, operation };
  };
}
