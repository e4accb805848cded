import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { mergePatchType } from './body.ts';
import { compress } from './coding.ts';
import { inputKeywords } from './input.ts';
import { version } from './version.ts';

/** Everything from here; no upgrade to https, which a page served over plain http on a local network does not survive. */
const pagePolicy = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
};

/** The page's own greys and hues fall short of WCAG's contrast; these do not. */
const contrast = `
.swagger-ui .info .title small pre.version { background: #374151; border-radius: 4px; }
.swagger-ui .info .title small, .swagger-ui .info .title small.version-stamp { background: #374151; }
.swagger-ui a, .swagger-ui .info a, .swagger-ui .info .url, .swagger-ui .info .base-url { color: #1d4ed8; }
.swagger-ui .btn.authorize, .swagger-ui .btn.authorize span { color: #166534; }
.swagger-ui button.json-schema-2020-12-expand-deep-button { color: #374151; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1d4ed8; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #166534; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #92400e; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0f766e; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b91c1c; }
.swagger-ui .btn.execute { background: #1d4ed8; }
.swagger-ui .btn.cancel { color: #b91c1c; }
.swagger-ui .parameter__name.required::after, .swagger-ui .parameter__name.required span { color: #b91c1c; }
.swagger-ui .parameter__in, .swagger-ui .prop-format, .swagger-ui .parameter__extension { color: #4b5563; }
.swagger-ui .download-contents, .swagger-ui .copy-to-clipboard { color: #fff; background: #374151; }
`;

/** Names for the page's form controls, and a way for the keyboard into what scrolls: the page itself gives neither. */
const labels = `
new MutationObserver(() => {
  for (const row of document.querySelectorAll('tr[data-param-name]')) {
    for (const control of row.querySelectorAll('select, input, textarea')) control.ariaLabel = row.dataset.paramName;
  }
  for (const body of document.querySelectorAll('textarea.body-param__text')) body.ariaLabel = 'Request body';
  for (const text of document.querySelectorAll('.swagger-ui pre')) text.tabIndex = 0;
}).observe(document.body, { childList: true, subtree: true });
`;

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
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.onSend = [compress, ...[route.onSend ?? []].flat()];
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy,
    theme: {
      title: 'Duly API',
      css: [{ filename: 'contrast.css', content: contrast }],
      js: [{ filename: 'labels.js', content: labels }],
    },
    // Links inside the buttons that open an operation would be out of reach for a keyboard.
    uiConfig: { deepLinking: false, layout: 'BaseLayout', tryItOutEnabled: true, syntaxHighlight: false },
  });
}
