import { readFileSync } from 'node:fs';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createDocumentCompression } from '../hooks/content-coding.ts';

/**
 * Everything from here; no upgrade to https, which a page served over plain http on a local network does not survive.
 */
const pagePolicy = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
};

const readAsset = (name: string) => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** What Swagger UI's page lacks: the width of phones, and the "Start here" panel that `page.js` shows. */
function completePage(html: string, panel: string): string {
  return html
    .replace('<head>', '<head><meta name="viewport" content="width=device-width, initial-scale=1">')
    .replace('<body>', () => `<body>${panel}`);
}

/** The page at `/docs`. It asks nothing of another host and has no inline script; docs/decisions/0001-api-page.md. */
export async function apiPageRoutes(app: FastifyInstance): Promise<void> {
  const panel = readAsset('start.html');
  const compress = createDocumentCompression();
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) =>
      typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
        ? completePage(payload, panel)
        : payload,
    );
    // Hooks of routes come after those of the scope: what is compressed is complete.
    scope.addHook('onRoute', (route) => {
      route.onSend = [compress, ...[route.onSend ?? []].flat()];
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: pagePolicy,
      theme: {
        title: 'Duly API',
        css: ['page.css', 'start.css'].map((filename) => ({ filename, content: readAsset(filename) })),
        js: [{ filename: 'page.js', content: readAsset('page.js') }],
      },
      uiConfig: { deepLinking: true, layout: 'BaseLayout', tryItOutEnabled: true, syntaxHighlight: false },
    });
  });
}
