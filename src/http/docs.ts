import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { version } from './version.ts';

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
