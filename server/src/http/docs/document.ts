import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { version } from '../../platform/version.ts';
import { apiInfo, completeDocument, withNamedBody } from './openapi.ts';

/** Generates `openapi.json` from the schemas of routes. Call it before any route is registered. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: { ...apiInfo, info: { ...apiInfo.info, version } },
    stripBasePath: false,
    transform: ({ schema, url }) => ({ schema: withNamedBody(schema), url }),
    transformObject: (document) =>
      'openapiObject' in document ? completeDocument(document.openapiObject) : {},
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`),
    },
  });
}
