import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIV3, OpenAPIV3_1 } from 'openapi-types';
import { inputKeywords } from './input.ts';
import { version } from './version.ts';

type Document = Partial<OpenAPIV3.Document | OpenAPIV3_1.Document>;

/** What the generator cannot know: a parameter with a default may be left out, so may a body that may be null. */
function polish(document: Document): Document {
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}))) {
    if (typeof operation !== 'object' || !('responses' in operation)) continue;
    for (const parameter of operation.parameters ?? []) {
      if (!('schema' in parameter) || parameter.in === 'path') continue;
      if (parameter.schema !== undefined && 'default' in parameter.schema) parameter.required = false;
    }
    const { requestBody } = operation;
    if (requestBody === undefined || !('content' in requestBody)) continue;
    const schema = requestBody.content['application/json']?.schema;
    if (schema !== undefined && 'type' in schema && [schema.type].flat().includes('null'))
      requestBody.required = false;
  }
  return JSON.parse(
    JSON.stringify(document, (key, value) => (inputKeywords.includes(key) ? undefined : value)),
  );
}

/** `openapi.json` from the schemas that validate, and the page that shows it; neither asks anything of another host. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Duly',
        version,
        description:
          'Tasks, tags and accounts. Two surfaces over one core: `/api/v1` with an envelope, `/api/{user_id}` bare.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transformObject: (document) => ('openapiObject' in document ? polish(document.openapiObject) : {}),
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`),
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    theme: { title: 'Duly API' },
    uiConfig: { deepLinking: true, tryItOutEnabled: true, persistAuthorization: false },
  });
}
