import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';

export const inClient = (path: string): URL => new URL(`../../${path}`, import.meta.url);

interface Media {
  [type: string]: { schema: { properties?: Record<string, unknown> } };
}

interface Parameter {
  name: string;
  in: string;
}

interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Media };
  responses: Record<string, { headers?: unknown; content?: Media }>;
  security?: unknown[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

const base = '/api/v1';
const ofUser = `${base}/users/{user_id}`;

/** What the client uses of `openapi.json`: below `/api/v1`, the successful responses, and the form of errors. */
export async function readDocument(): Promise<Document> {
  const text = await readFile(inClient('../server/openapi.json'), 'utf8');
  const document: Document = JSON.parse(text, (key, value) => (key === 'example' ? undefined : value));
  const paths: Document['paths'] = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!path.startsWith(`${base}/`)) continue;
    paths[path] = Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [method, reduced(path, operation)]),
    );
  }
  const schemas = reachable(document.components.schemas, JSON.stringify([paths, ref('Problem')]));
  return { ...document, paths, components: { ...document.components, schemas } };
}

const ref = (name: string) => `"#/components/schemas/${name}"`;

function reduced(path: string, operation: Operation): Operation {
  const { parameters = [], requestBody, responses } = operation;
  const isImplied = ({ name, in: place }: Parameter) =>
    (place === 'path' && name === 'user_id' && path.startsWith(ofUser)) || name === 'if-none-match';
  return {
    ...operation,
    parameters: parameters.filter((parameter) => !isImplied(parameter)),
    ...(requestBody && { requestBody: { ...requestBody, content: withoutAliases(requestBody.content) } }),
    responses: Object.fromEntries(
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([status, { headers: _, ...response }]) => [status, response]),
    ),
  };
}

const withoutAliases = ({ 'application/merge-patch+json': _, ...content }: Media): Media => content;

/** The schemas that a text refers to, directly or through others. */
function reachable(schemas: Record<string, unknown>, text: string): Record<string, unknown> {
  const names = new Set<string>();
  const follow = (from: string) => {
    for (const [, name = ''] of from.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (names.has(name)) continue;
      names.add(name);
      follow(JSON.stringify(schemas[name]));
    }
  };
  follow(text);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)));
}

const heading = `/** From server/openapi.json; \`npm test -- client/test/generated.test.ts -u\` writes it anew. */`;

/** The types of all operations. The generator needs an API that the native TypeScript compiler lacks. */
export async function generateSchema(): Promise<string> {
  const api = new URL('../../../server/test/support/typescript-api.ts', import.meta.url).href;
  const hooks = registerHooks({
    resolve: (name, context, next) =>
      name === 'typescript' ? { url: api, shortCircuit: true } : next(name, context),
  });
  try {
    const { default: openapiTs, astToString } = await import('openapi-typescript');
    const text = astToString(await openapiTs(JSON.stringify(await readDocument())));
    // Everything is reached through the operations.
    const unused = /export interface paths \{[\s\S]*?\n\}\n|export type (webhooks|\$defs) = .*\n/g;
    return `${heading}\n${text.replace(unused, '')}`;
  } finally {
    hooks.deregister();
  }
}

/** The table that the methods work by. */
export async function generateOperations(): Promise<string> {
  const { paths } = await readDocument();
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, operation]) => `  ${operation.operationId}: '${rowOf(method, path, operation)}',\n`,
    ),
  );
  return `${heading}\nexport const operations = {\n${rows.join('')}} as const;\n`;
}

function rowOf(method: string, path: string, operation: Operation): string {
  const { parameters = [], requestBody, responses, security } = operation;
  const named = (place: string) => parameters.filter((one) => one.in === place).map(({ name }) => name);
  const [query, headers] = [named('query'), named('header')];
  const properties = Object.values(responses)[0]?.content?.['application/json']?.schema.properties ?? {};
  const isEnvelope =
    'data' in properties &&
    Object.keys(properties).every((name) => /^(data|message|status_code)$/.test(name));
  return [
    method.toUpperCase(),
    path.replace(ofUser, '~').replace(base, ''),
    requestBody && 'application/octet-stream' in requestBody.content ? 'file' : '',
    query.length > 0 || requestBody ? 'input' : '',
    headers.includes('idempotency-key') ? 'key' : '',
    isEnvelope ? 'data' : '',
    security?.length === 0 ? 'public' : '',
    // A GET has no body; elsewhere the input is the body, but for these.
    requestBody || method !== 'get' ? query.map((name) => `query:${name}`).join(' ') : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}
