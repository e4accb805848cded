import { readFileSync } from 'node:fs';
import type { FastifyReply } from 'fastify';
import { linkPages } from '../../accounts/link-urls.ts';
import type { App } from '../app-type.ts';

/** Nothing but the page's own script and style; a form that the script does not take over goes nowhere. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const readAsset = (name: string) => readFileSync(new URL(`./link-pages/${name}`, import.meta.url), 'utf8');

const pages = [
  { url: linkPages.password, file: 'password.html' },
  { url: linkPages.invitation, file: 'invitation.html' },
];
const assets = [
  { name: 'page.css', type: 'text/css; charset=utf-8' },
  { name: 'page.js', type: 'text/javascript; charset=utf-8' },
];

/**
 * The pages that links for a new password and invitations open where no front end does. The token is in the fragment of
 * their address (`auth/link-urls.ts`); the script sends it to the routes that front ends use.
 */
export function linkPageRoutes(app: App): void {
  const options = { schema: { hide: true } };
  const inScope = (url: string) => url.replace(app.prefix, '');
  for (const { url, file } of pages) {
    const html = readAsset(file);
    app.get(inScope(url), options, (_request, reply: FastifyReply) =>
      reply
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(html),
    );
  }
  for (const { name, type } of assets) {
    const content = readAsset(name);
    app.get(inScope(`/api/v1/auth/pages/${name}`), options, (_request, reply: FastifyReply) =>
      reply.type(type).send(content),
    );
  }
}
