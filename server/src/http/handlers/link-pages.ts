import { readFileSync } from 'node:fs';
import type { HiddenRoute } from '../contract/operation.ts';

/** Only the page's own script and style. Without the script, a form cannot be submitted. */
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

function page(file: string): HiddenRoute {
  const html = readAsset(file);
  return {
    handle: ({ reply }) =>
      reply
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(html),
  };
}

function asset(name: string, type: string): HiddenRoute {
  const content = readAsset(name);
  return { handle: ({ reply }) => reply.type(type).send(content) };
}

/**
 * The pages that links in mail open if there is no front end (`accounts/link-urls.ts`). The token is in the fragment of
 * the URL; the script sends it to the same routes as a front end. That of the digest is in the query instead, as mail
 * programs send it there by themselves (`digest/unsubscribe.ts`).
 */
export const passwordPage = page('password.html');
export const invitationPage = page('invitation.html');
export const unsubscribePage = page('unsubscribe.html');
export const pageStyle = asset('page.css', 'text/css; charset=utf-8');
export const pageScript = asset('page.js', 'text/javascript; charset=utf-8');
export const unsubscribeScript = asset('unsubscribe.js', 'text/javascript; charset=utf-8');
