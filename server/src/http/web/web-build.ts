import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../platform/errors.ts';
import { hasShape } from '../../platform/has-shape.ts';
import { Type } from '../../platform/schema.ts';
import type { ContentCoding } from '../hooks/content-coding.ts';

/** `files.json` of a build of the web app, as `web/scripts/package.mjs` writes it. */
const FileList = Type.Object({
  /** URLs that show the app: paths of Fastify's router. */
  pages: Type.Array(Type.String({ pattern: '^/' })),
  /** Sources of a Content-Security-Policy, one for each inline script of the page. */
  scriptHashes: Type.Array(Type.String({ pattern: '^sha256-[A-Za-z0-9+/=]+$' })),
  page: Type.String(),
  assets: Type.Array(
    Type.Object({
      /** The path of its URL, and of the file below the directory. */
      path: Type.String({ pattern: '^/(?!.*\\.\\.)' }),
      type: Type.String(),
      /** Its name changes with its content. */
      immutable: Type.Boolean(),
      /** Has compressed copies beside it, `.br` and `.gz`. */
      compressed: Type.Boolean(),
    }),
  ),
});

/** A file of the app, in memory. */
export interface WebFile {
  type: string;
  immutable: boolean;
  etag: string;
  bodies: ReadonlyMap<ContentCoding, Buffer>;
}

export interface WebBuild {
  /** URLs that show the app, with parameters. */
  pages: readonly string[];
  page: WebFile;
  /** By URL. */
  assets: ReadonlyMap<string, WebFile>;
  scriptHashes: readonly string[];
}

/**
 * Reads a build of the web app whole; it has about a megabyte.
 * @throws StartError if the directory has none
 */
export function loadWebBuild(directory: string): WebBuild {
  try {
    const list: unknown = JSON.parse(readFileSync(join(directory, 'files.json'), 'utf8'));
    if (!hasShape(FileList, list)) throw new Error('not a list of files');
    const page = { type: 'text/html; charset=utf-8', immutable: false, compressed: true };
    return {
      pages: list.pages,
      scriptHashes: list.scriptHashes,
      page: loadFile(join(directory, list.page), page),
      assets: new Map(list.assets.map((asset) => [asset.path, loadFile(join(directory, asset.path), asset)])),
    };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not a build';
    throw new StartError(
      `WEB_DIRECTORY: got ${JSON.stringify(directory)} (${reason}), wants a build of the web app (npm run web)`,
    );
  }
}

function loadFile(
  file: string,
  { type, immutable, compressed }: { type: string; immutable: boolean; compressed: boolean },
): WebFile {
  const body = readFileSync(file);
  const bodies = new Map<ContentCoding, Buffer>([[null, body]]);
  if (compressed) bodies.set('br', readFileSync(`${file}.br`)).set('gzip', readFileSync(`${file}.gz`));
  return { type, immutable, etag: `"${createHash('sha256').update(body).digest('base64url')}"`, bodies };
}
