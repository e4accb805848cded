import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const invalidJson = (reason: string) => new AppError('INVALID_JSON', `The body is not valid JSON: ${reason}`);

/** JSON Merge Patch (RFC 7396). A PATCH accepts it as `application/json` too, with the same meaning. */
export const mergePatchType = 'application/merge-patch+json';
/** `Accept-Patch` (RFC 5789 §3.1). */
export const acceptPatch = `application/json, ${mergePatchType}`;

const unsupportedMediaType = ({ method }: FastifyRequest, message: string): AppError =>
  new AppError('UNSUPPORTED_MEDIA_TYPE', message, {
    headers: method === 'PATCH' ? { 'accept-patch': acceptPatch } : {},
  });

const unsupportedContentType = (request: FastifyRequest): AppError =>
  unsupportedMediaType(
    request,
    `Content-Type must be application/json${request.method === 'PATCH' ? ` or ${mergePatchType}` : ''}`,
  );

type Done = (error: Error | null, body?: unknown) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route may be sent a form, which is not looked at: the button of a mail program sends one. */
    acceptsForms?: boolean;
    /** Whether the body is a file of any type, which the handler gets as a buffer. */
    acceptsFiles?: boolean;
  }
}

const isForm = ({ headers }: FastifyRequest) =>
  /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i.test(
    headers['content-type'] ?? '',
  );

/** One parser for request bodies: JSON (RFC 8259) in UTF-8, and nothing else that is looked at. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  const parseJson = (request: FastifyRequest, bytes: Buffer, done: Done) => {
    if (request.routeOptions.config.acceptsFiles) {
      done(null, bytes);
      return;
    }
    if (bytes.length === 0) {
      if (allowsNoBody(request)) done(null, undefined);
      else done(invalidJson('it is empty'));
      return;
    }
    if (!isUtf8(request)) {
      done(unsupportedMediaType(request, 'The charset must be utf-8'));
      return;
    }
    if (request.headers['content-encoding'] !== undefined) {
      done(unsupportedMediaType(request, 'The body must not be compressed'));
      return;
    }
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      done(invalidJson('it is not UTF-8'));
      return;
    }
    parse(request, text, (error, body) => {
      if (error) done(invalidJson('it does not parse, or has a name such as __proto__'));
      else done(null, body);
    });
  };
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, parseJson);
  app.addContentTypeParser<Buffer>(mergePatchType, { parseAs: 'buffer' }, (request, bytes, done) => {
    if (request.method === 'PATCH') parseJson(request, bytes, done);
    else done(unsupportedContentType(request));
  });
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    const isIgnored = bytes.length === 0 || (request.routeOptions.config.acceptsForms && isForm(request));
    if (request.routeOptions.config.acceptsFiles) done(null, bytes);
    else if (isIgnored && allowsNoBody(request)) done(null, undefined);
    else done(unsupportedContentType(request));
  });
}

/** Some clients set a Content-Type on every request, with or without a body. */
function allowsNoBody({ routeOptions }: FastifyRequest): boolean {
  const schema: unknown = routeOptions.schema?.body;
  if (typeof schema !== 'object' || schema === null) return true;
  return 'type' in schema && Array.isArray(schema.type) && schema.type.includes('null');
}

function isUtf8({ headers }: FastifyRequest): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
