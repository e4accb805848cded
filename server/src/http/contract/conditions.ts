import type { IncomingHttpHeaders } from 'node:http';
import { entityTagOf, type WriteCondition } from '../../writes/conditions.ts';
import { uncodedEtag } from '../hooks/content-coding.ts';

const opaqueTag = '"[!#-~\\x80-\\xff]*"';
const entityTag = `(?:W/)?${opaqueTag}`;
/** A list of entity tags, or `*` (RFC 9110 §13.1.1). */
export const ifMatchSyntax = new RegExp(`^(?:\\*|${entityTag}(?:\\s*,\\s*${entityTag})*)$`);
/** Allows empty elements, which recipients ignore (RFC 9110 §5.6.1). `If-Match` does not allow them here. */
const ifNoneMatchSyntax = new RegExp(`^[,\\s]*${entityTag}(?:\\s*,[,\\s]*${entityTag})*[,\\s]*$`);
const strongVersion = /(?<!W\/)"([1-9]\d{0,9}(?:-[0-9a-z-]{1,50})?)"/g;
const anyTag = new RegExp(opaqueTag, 'g');

/** The versions and tags that a valid `If-Match` names (RFC 9110 §13.1.1); weak tags match nothing. */
export function parseIfMatch(headers: IncomingHttpHeaders): WriteCondition['ifMatch'] {
  const value = headers['if-match']?.trim();
  if (value === undefined || value === '*') return value;
  return [...value.matchAll(strongVersion)].map(([, tag = '']) => tag);
}

/**
 * Whether `If-None-Match` names a tag (RFC 9110 §13.1.2). Weak tags and tags of other content codings match too: the
 * client has the same content. A header with another syntax matches nothing, so the client gets the whole response.
 */
export function parseIfNoneMatch(headers: IncomingHttpHeaders): (etag: string) => boolean {
  const value = headers['if-none-match']?.trim();
  if (value === undefined) return () => false;
  if (value === '*') return () => true;
  if (!ifNoneMatchSyntax.test(value)) return () => false;
  const tags = new Set(value.match(anyTag)?.map(uncodedEtag));
  return (etag) => tags.has(uncodedEtag(etag));
}

export const etagOf = (item: Parameters<typeof entityTagOf>[0]): string => `"${entityTagOf(item)}"`;
