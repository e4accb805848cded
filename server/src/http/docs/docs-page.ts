import { readFileSync } from 'node:fs';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createDocumentCompression } from '../hooks/content-coding.ts';

/**
 * Only this server's own files. Without `upgrade-insecure-requests`, which breaks the page over plain HTTP on a local
 * network.
 */
const pagePolicy = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
};

const readAsset = (name: string) => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** Adds the viewport of phones, and the "Start here" panel that `page.js` shows. */
function completePage(html: string, panel: string): string {
  return html
    .replace('<head>', '<head><meta name="viewport" content="width=device-width, initial-scale=1">')
    .replace('<body>', () => `<body>${panel}`);
}

/** The page at `/docs`: no requests to other hosts, no inline script (docs/decisions/0001-api-page.md). */
export async function apiPageRoutes(app: FastifyInstance): Promise<void> {
  const panel = readAsset('start.html');
  const compress = createDocumentCompression();
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) =>
      typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
        ? completePage(payload, panel)
        : payload,
    );
    // Hooks of routes run after those of the scope, so that the completed page is compressed.
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
