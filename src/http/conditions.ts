import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from '../errors.ts';
import type { Condition } from '../tasks/changes.ts';
import { uncodedTag } from './coding.ts';

const opaqueTag = '"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const entityTag = `(?:W/)?${opaqueTag}`;
const ifMatchSyntax = new RegExp(`^${entityTag}(?:\\s*,\\s*${entityTag})*$`);
/** With empty elements, which recipients ignore (RFC 9110 §5.6.1); a write is not to rest on such a header. */
const ifNoneMatchSyntax = new RegExp(`^[,\\s]*${entityTag}(?:\\s*,[,\\s]*${entityTag})*[,\\s]*$`);
const strongVersion = /(?<!W\/)"([1-9]\d{0,9})"/g;
const anyTag = new RegExp(opaqueTag, 'g');

/**
 * The versions that `If-Match` names (RFC 9110 §13.1.1); weak tags match nothing.
 * @throws AppError VALIDATION_ERROR when the header is not a list of entity tags.
 */
export function ifMatchOf(headers: IncomingHttpHeaders): Condition['ifMatch'] {
  const value = headers['if-match']?.trim();
  if (value === undefined || value === '*') return value;
  if (!ifMatchSyntax.test(value)) throw noTags('if-match', 'a quoted version such as "3", or *');
  return [...value.matchAll(strongVersion)].map(([, version]) => Number(version));
}

/**
 * Whether `If-None-Match` names a tag (RFC 9110 §13.1.2); weak or not makes no difference, nor the coding: what the
 * client has is the same content.
 * @throws AppError VALIDATION_ERROR when the header is not a list of entity tags.
 */
export function ifNoneMatchOf(headers: IncomingHttpHeaders): (etag: string) => boolean {
  const value = headers['if-none-match']?.trim();
  if (value === undefined) return () => false;
  if (value === '*') return () => true;
  if (!ifNoneMatchSyntax.test(value)) throw noTags('if-none-match', 'tags as they came in ETag, or *');
  const tags = new Set(value.match(anyTag)?.map(uncodedTag));
  return (etag) => tags.has(uncodedTag(etag));
}

const noTags = (header: string, wanted: string) =>
  invalid([{ loc: ['header', header], msg: `must be ${wanted}`, type: 'etag' }]);

export const etagOf = (task: { version: number }): string => `"${task.version}"`;
