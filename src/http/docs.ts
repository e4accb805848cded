import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { inputKeywords } from './input.ts';
import { version } from './version.ts';

/** The parts of an OpenAPI document that `polish` touches. */
interface Operation {
  parameters?: { in: string; required?: boolean; schema?: { default?: unknown } }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: { type?: string | string[] } }> };
}

/** What the generator cannot know: a parameter with a default may be left out, so may a body that may be null. */
function polish(document: object) {
  const copy = JSON.parse(
    JSON.stringify(document, (key, value) => (inputKeywords.includes(key) ? undefined : value)),
  );
  const paths: Record<string, Record<string, Operation>> = copy.paths;
  for (const { parameters = [], requestBody } of Object.values(paths).flatMap((path) =>
    Object.values(path),
  )) {
    for (const parameter of parameters) {
      if (parameter.in === 'query' && parameter.schema?.default !== undefined) parameter.required = false;
    }
    const type = requestBody?.content['application/json']?.schema.type;
    if (requestBody !== undefined && [type].flat().includes('null')) requestBody.required = false;
  }
  return copy;
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
