import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { serveApiPage } from './api-page.ts';
import { mergePatchType } from './body.ts';
import { inputKeywords } from './input.ts';
import { version } from './version.ts';

/** The parts of an OpenAPI document that `polish` touches. */
interface Operation {
  parameters?: { in: string; required?: boolean; schema?: { default?: unknown } }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: { type?: string | string[] } }> };
}

const tokenDescription =
  'From register, login or `/api/auth/token`, or signed with HS256 and the shared secret. Its `sub` is the user id.';

/** Keywords and formats of our own mean nothing to clients. */
function published(key: string, value: unknown): unknown {
  if (inputKeywords.includes(key) || key === 'discriminator') return undefined;
  return key === 'format' && value === 'uncommon-password' ? 'password' : value;
}

/** What the generator cannot know: a parameter with a default may be left out, so may a body that may be null; a PATCH takes either type. */
function polish(document: object) {
  const copy = JSON.parse(JSON.stringify(document, published));
  const paths: Record<string, Record<string, Operation>> = copy.paths;
  for (const path of Object.values(paths)) {
    const patch = path.patch?.requestBody?.content;
    if (patch?.['application/json'] !== undefined) patch[mergePatchType] = patch['application/json'];
  }
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
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: tokenDescription },
        },
      },
      security: [{ bearer: [] }],
    },
    transformObject: (document) => ('openapiObject' in document ? polish(document.openapiObject) : {}),
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`),
    },
  });
  await serveApiPage(app);
}
