import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { App } from '../app-type.ts';
import { codedEtag, negotiateCoding, uncodedEtag } from '../hooks/content-coding.ts';
import { loadWebBuild, type WebFile } from './web-build.ts';

/** Only this server, and the inline scripts of the page by their hashes. No form is submitted without a script. */
const pagePolicy = (scriptHashes: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${scriptHashes.map((hash) => `'${hash}'`).join(' ')}`.trim(),
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Its own policy says what it may fetch. */
const serviceWorker = '/sw.js';

/**
 * The web app at `/` and its other URLs, if `WEB_DIRECTORY` names a build of it; otherwise `/` leads to the API page.
 * The URLs are those of the build's list: no path of a request is looked up on the disk, and an unknown one is a 404 of
 * the API (docs/decisions/0058-web-app.md).
 */
export async function homeRoutes(app: App, { config }: Context): Promise<void> {
  const { webDirectory } = config.http;
  if (webDirectory === null) {
    app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
    return;
  }
  const build = loadWebBuild(webDirectory);
  const pageHeaders = {
    'content-security-policy': pagePolicy(build.scriptHashes),
    'cross-origin-opener-policy': 'same-origin',
  };
  for (const url of build.pages)
    app.get(url, { schema: { hide: true } }, (request, reply) =>
      sendFile(request, reply.headers(pageHeaders), build.page),
    );
  for (const [url, file] of build.assets)
    app.get(url, { schema: { hide: true } }, (request, reply) =>
      sendFile(request, url === serviceWorker ? reply.headers(pageHeaders) : reply, file),
    );
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  const coding = file.bodies.size > 1 ? negotiateCoding(headers) : null;
  const etag = coding === null ? file.etag : codedEtag(file.etag, coding);
  reply.headers({
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'Accept-Encoding',
    etag,
  });
  const known = headers['if-none-match']
    ?.split(',')
    .map((tag) => uncodedEtag(tag.trim().replace(/^W\//, '')));
  if (known?.includes(file.etag)) return reply.code(304).send();
  if (coding !== null) reply.header('content-encoding', coding);
  return reply.type(file.type).send(file.bodies.get(coding));
}
