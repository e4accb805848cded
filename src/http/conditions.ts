import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from '../errors.ts';
import type { Condition } from '../tasks/changes.ts';

const entityTag = '(?:W/)?"[\\x21\\x23-\\x7e]*"';
const ifMatchSyntax = new RegExp(`^${entityTag}(?:\\s*,\\s*${entityTag})*$`);
const strongVersion = /(?<!W\/)"([1-9]\d{0,9})"/g;

/**
 * The versions that `If-Match` names (RFC 9110 §13.1.1); weak tags match nothing.
 * @throws AppError VALIDATION_ERROR when the header is not a list of entity tags.
 */
export function ifMatchOf(headers: IncomingHttpHeaders): Condition['ifMatch'] {
  const value = headers['if-match']?.trim();
  if (value === undefined || value === '*') return value;
  if (!ifMatchSyntax.test(value)) {
    throw invalid([
      { loc: ['header', 'if-match'], msg: 'must be a quoted version such as "3", or *', type: 'etag' },
    ]);
  }
  return [...value.matchAll(strongVersion)].map(([, version]) => Number(version));
}

export const etagOf = (task: { version: number }): string => `"${task.version}"`;
