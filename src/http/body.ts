import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const notJson = (reason: string) => new AppError('INVALID_JSON', `The body is not valid JSON: ${reason}`);

/** One parser for request bodies: JSON (RFC 8259) in UTF-8, and nothing else. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) {
      if (takesNoBody(request)) done(null, undefined);
      else done(notJson('it is empty'));
      return;
    }
    if (!isUtf8(request)) {
      done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'The charset must be utf-8'));
      return;
    }
    if (request.headers['content-encoding'] !== undefined) {
      done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed'));
      return;
    }
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      done(notJson('it is not UTF-8'));
      return;
    }
    parse(request, text, (error, body) => {
      if (error) done(notJson('it does not parse, or has a name such as __proto__'));
      else done(null, body);
    });
  });
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0 && takesNoBody(request)) done(null, undefined);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'));
  });
}

/** Clients that set a Content-Type on every request send it with no body too. */
function takesNoBody({ routeOptions }: FastifyRequest): boolean {
  const schema: unknown = routeOptions.schema?.body;
  if (typeof schema !== 'object' || schema === null) return true;
  return 'type' in schema && Array.isArray(schema.type) && schema.type.includes('null');
}

function isUtf8({ headers }: FastifyRequest): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
