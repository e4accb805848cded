import type { FastifyServerOptions } from 'fastify';
import { emailSyntax } from '../../accounts/email-address.ts';
import { isCommonPassword } from '../../accounts/passwords.ts';
import { isCalendarDate, supportedDate } from '../../dates/days.ts';
import { isTimeZone } from '../../dates/zones.ts';
import { type AppError, maxIssues, type ValidationIssue, validationError } from '../../platform/errors.ts';
import { isLanguageTag } from '../../profiles/model.ts';
import { isTaskId } from '../../tasks/model.ts';
import { ifMatchSyntax } from './conditions.ts';
import { inputKeywords } from './normalize-input.ts';

const rfc3339 = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** A time that is only compared with a stored one, so any year is allowed. */
function isDateTime(text: string): boolean {
  const date = rfc3339.exec(text)?.[1];
  return date !== undefined && !Number.isNaN(Date.parse(text)) && !Number.isNaN(Date.parse(date));
}

/** A language with script, region, a variant and Unicode extensions (BCP 47). The service accepts rarer tags too. */
const languageTag =
  '^[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))?' +
  '(?:-u(?:-[A-Za-z0-9][A-Za-z](?:-[A-Za-z0-9]{3,8})*)+)?$';

interface TextFormat {
  test: (text: string) => boolean;
  /** For error messages: "must be …". */
  hint: string;
  /** For `openapi.json`, in syntax that other languages share. A matching text may still fail `test`. */
  pattern?: string;
}

/** Formats of input. */
const formats: Record<string, TextFormat> = {
  uuid: { test: isTaskId, hint: 'a UUID with hyphens' },
  date: {
    test: isCalendarDate,
    pattern: supportedDate.source,
    hint: 'a date YYYY-MM-DD from 1970-01-01 to 2100-12-31 (a time may only be midnight UTC: send the date alone)',
  },
  'date-time': { test: isDateTime, hint: 'a time such as 2026-12-24T08:00:00Z (RFC 3339)' },
  email: {
    test: (text) => emailSyntax.test(text),
    hint: 'an email address',
    pattern: emailSyntax.source,
  },
  'totp-code': {
    test: (text) => /^\d{6}$/.test(text),
    hint: 'six digits',
    // Allows the white space that is stripped before validation.
    pattern: '^\\s*(?:[0-9]\\s*){6}$',
  },
  'time-zone': {
    test: isTimeZone,
    hint: 'the name of a time zone such as Europe/Berlin',
    pattern: '^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*$',
  },
  'language-tag': {
    test: isLanguageTag,
    hint: 'a language tag (BCP 47) such as en or pt-BR',
    pattern: languageTag,
  },
  'uncommon-password': { test: (text) => !isCommonPassword(text), hint: 'a less common password' },
  'if-match': {
    test: (text) => ifMatchSyntax.test(text),
    hint: 'a quoted version such as "3", or *',
    pattern: '^(?:[*]|(?:W/)?"[!#-~]*"(?:, ?(?:W/)?"[!#-~]*")*)$',
  },
};

/** A schema's own message for its `pattern`. Not published in `openapi.json`. */
export const patternMessage = 'x-pattern-message';

/** A default that the core takes, not validation. Published as `default`. */
export const documentedDefault = 'x-default';

export const patternOf = (format: string): string | undefined => formats[format]?.pattern;

/** Ajv without coercion and without removal of unknown fields; it reports every error. */
export const ajv: NonNullable<FastifyServerOptions['ajv']> = {
  customOptions: {
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: true,
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
  },
  onCreate(instance) {
    instance.addVocabulary([...inputKeywords, patternMessage, documentedDefault]);
    for (const [name, { test }] of Object.entries(formats)) instance.addFormat(name, test);
  },
};

/** One error of Ajv, with `verbose`. */
interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  message?: string;
  data?: unknown;
  parentSchema?: {
    [patternMessage]?: string;
    oneOf?: { properties?: Record<string, { enum?: string[] }> }[];
  };
}

const locations: Record<string, string> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
  body: 'body',
};

/** The errors of one part of a request as the AppError that both surfaces render. */
export function schemaErrorFormatter(errors: SchemaError[], part: string): AppError {
  return validationError(errors.slice(0, maxIssues).map((error) => toIssue(error, locations[part] ?? part)));
}

function toIssue(error: SchemaError, location: string): ValidationIssue {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => decodePointer(part))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { missingProperty, additionalProperty, tag } = error.params;
  const field = missingProperty ?? additionalProperty ?? tag;
  if (typeof field === 'string') path.push(field);
  return { loc: [location, ...path], msg: messageOf(error, location), type: error.keyword };
}

/** JSON Pointer (RFC 6901 §4), as Ajv writes it. */
const decodePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');

function messageOf({ keyword, params, message, data, parentSchema }: SchemaError, location: string): string {
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return location === 'query' ? 'is not a known parameter' : 'is not a known or writable field';
    case 'type':
      return `must be ${[params.type].flat().join(' or ')}, got ${describeValue(data)}`;
    case 'enum':
      return `must be one of ${[params.allowedValues].flat().join(', ')}, got ${describeValue(data)}`;
    case 'discriminator':
      return `must be one of ${parentSchema?.oneOf?.flatMap(({ properties }) => properties?.[String(params.tag)]?.enum).join(', ')}, got ${describeValue(params.tagValue)}`;
    case 'format':
      return `must be ${formats[String(params.format)]?.hint ?? 'valid'}${isSecret(params) ? '' : `, got ${describeValue(data)}`}`;
    case 'minLength':
    case 'maxLength':
      return `${message}, got ${typeof data === 'string' ? [...data].length : 'none'}`;
    case 'pattern':
      return `${parentSchema?.[patternMessage] ?? message}, got ${describeValue(data)}`;
    default:
      return `${message ?? 'is invalid'}, got ${describeValue(data)}`;
  }
}

const isSecret = (params: Record<string, unknown>) =>
  ['uncommon-password', 'totp-code'].includes(String(params.format));

const maxShownLength = 50;

function describeValue(data: unknown): string {
  if (data === null) return 'null';
  if (Array.isArray(data)) return `a list of ${data.length}`;
  if (typeof data === 'object') return 'an object';
  const text = JSON.stringify(data) ?? 'nothing';
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength).toWellFormed()}…` : text;
}
