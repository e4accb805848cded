import {
  Credentials,
  EmailChangeRequest,
  PasswordChange,
  PasswordResetConfirmation,
  PasswordResetRequest,
  Registration,
  Session,
  User,
} from '../../accounts/model.ts';
import {
  AdminUser,
  AdminUserDetails,
  Ban,
  Invitation,
  InvitationRequest,
  NewInvitation,
  NewUser,
  OneTimeLink,
  RoleChange,
} from '../../admin/model.ts';
import { AuditRecord } from '../../audit/model.ts';
import { Delivery } from '../../deliveries/model.ts';
import { Erasure } from '../../erasure/model.ts';
import exportSchema from '../../export/schema.json' with { type: 'json' };
import { Change, changeSchemas, nouns } from '../../feed/model.ts';
import { ImportFile, ImportResult } from '../../import/result-model.ts';
import { type AppError, errorCodes } from '../../platform/errors.ts';
import { type TSchema, Type } from '../../platform/schema.ts';
import { Profile, ProfilePatch } from '../../profiles/model.ts';
import { errorExamples } from './error-examples.ts';
import type { Surface } from './surface.ts';

const Issue = Type.Object(
  {
    loc: Type.Array(Type.Unsafe<string | number>({ type: ['string', 'integer'] })),
    msg: Type.String(),
    type: Type.String(),
  },
  {
    $id: 'Issue',
    examples: [{ loc: ['body', 'title'], msg: 'is missing', type: 'required' }],
  },
);

/** Nouns whose conflict errors contain the item, as `current`. */
const versionedNouns = nouns.filter(({ isVersioned }) => isVersioned);
const currentRefs = versionedNouns.map(({ schema }) => Type.Ref(schema));
const currentSchema = currentRefs.length === 1 && currentRefs[0] ? currentRefs[0] : Type.Union(currentRefs);
const versionedTypes = versionedNouns.map(({ type }) => type).join(' or ');

const errorFields = {
  error_code: Type.Enum(Object.keys(errorCodes), { type: 'string' }),
  status_code: Type.Integer(),
  timestamp: Type.String({ format: 'date-time' }),
  request_id: Type.String(),
  current: Type.Optional(currentSchema),
};

const Problem = Type.Object(
  { detail: Type.String(), ...errorFields, errors: Type.Optional(Type.Array(Type.Ref('Issue'))) },
  { $id: 'Problem' },
);

const BareProblem = Type.Object(
  { detail: Type.Union([Type.String(), Type.Array(Type.Ref('Issue'))]), ...errorFields },
  { $id: 'BareProblem' },
);

/** `test/repository/export-schema.test.ts` writes it from the tables. */
const Export = Type.Unsafe<unknown>({ $id: 'Export', ...exportSchema });

/** The components of `openapi.json`. */
export const namedSchemas = (bulkMaxOperations: number): TSchema[] => [
  ...nouns.toReversed().flatMap(({ schemas }) => schemas({ bulkMaxOperations })),
  ...changeSchemas,
  Change,
  AuditRecord,
  Delivery,
  Export,
  ImportFile,
  ImportResult,
  Erasure,
  Registration,
  Credentials,
  PasswordChange,
  PasswordResetRequest,
  PasswordResetConfirmation,
  EmailChangeRequest,
  Session,
  Profile,
  ProfilePatch,
  User,
  AdminUser,
  AdminUserDetails,
  NewUser,
  OneTimeLink,
  Invitation,
  InvitationRequest,
  NewInvitation,
  Ban,
  RoleChange,
  Issue,
  Problem,
  BareProblem,
];

const statusDescriptions: Record<number, string> = {
  400: 'The request is not valid.',
  401: 'No valid token.',
  403: 'The path names another user.',
  404: 'This user has no such thing.',
  408: 'The request took too long to arrive.',
  409: `The version is not the newest, and \`current\` is the ${versionedTypes} as it is now; or a limit is reached (LIMIT_EXCEEDED), or a request with the same \`Idempotency-Key\` is under way.`,
  410: 'The cursor is too old.',
  412: `\`If-Match\` does not name the newest version; \`current\` is the ${versionedTypes} as it is now.`,
  413: 'The body is larger than 64 kB, in bulk than 1 MB, or of an import than 5 MB.',
  414: 'A part of the path is too long.',
  415: 'The body is not announced as JSON in UTF-8.',
  417: '`Expect` is not `100-continue`.',
  422: 'A field or parameter is not valid, and `errors` names each; or the `Idempotency-Key` was used for another request.',
  429: 'Too many requests; `Retry-After` says when to try again.',
  431: 'The headers are larger than 8 kB.',
  500: 'An unexpected failure.',
  503: 'Briefly unavailable; `Retry-After` says when to try again.',
};

/** For operations that only send mail. */
export const mailErrorDescriptions = {
  503: 'No mail can be sent (MAIL_NOT_CONFIGURED), or briefly unavailable.',
};

/** For operations that a feature flag can switch off. */
export const featureErrorDescriptions = {
  403: 'The path names another user, or the feature is off for this user (FEATURE_DISABLED).',
};

const retryHeader = {
  'Retry-After': { type: 'integer', description: 'Seconds.' },
};

/** Errors that any operation may have, before or while it runs. */
const commonStatuses = [408, 417, 429, 431, 500, 503];

/** Response schemas of `statuses` and of `commonStatuses`. */
export function errorResponses(
  { problem, renderError }: Surface,
  statuses: readonly number[],
  own: Record<number, string> = {},
  ownExamples: Record<number, AppError> = {},
) {
  const exampleOf = errorExamples(renderError, statuses, ownExamples);
  return Object.fromEntries(
    [...statuses, ...commonStatuses].map((status) => [
      status,
      {
        description: own[status] ?? statusDescriptions[status] ?? 'Error',
        ...(status === 429 || status === 503 ? { headers: retryHeader } : {}),
        content: { 'application/json': { schema: Type.Ref(problem), example: exampleOf(status) } },
      },
    ]),
  );
}

export const etagHeader = {
  ETag: {
    type: 'string',
    description: 'The version, quoted; of a task with subtasks, the version and their numbers: `"5-2-3"`.',
  },
};

/** The `ETag` of lists and profiles, which have no version. */
export const contentEtagHeader = {
  ETag: { type: 'string', description: 'Another one whenever anything of the answer is.' },
};

/** For responses that are compressed if the client accepts it. */
export const contentEncodingHeader = {
  'Content-Encoding': {
    type: 'string',
    enum: ['br', 'gzip'],
    description: 'By `Accept-Encoding`, from 1 kB on; absent when the answer is as it is.',
  },
};

/** A 304 has the headers of the 200 except `Content-Encoding`. */
export function notModified({ 'Content-Encoding': _, ...headers }: Record<string, unknown>) {
  return { 304: { description: '`If-None-Match` names what would be answered.', headers, type: 'null' } };
}

const totalHeaders = {
  ...contentEncodingHeader,
  'X-Total-Count': { type: 'integer', description: 'How many match on all pages.' },
};

export const listHeaders = { ...contentEtagHeader, ...totalHeaders };

/** For pages of logs, which have no `ETag`. */
export const logHeaders = {
  ...totalHeaders,
  Link: { type: 'string', description: 'RFC 8288: `first`, `prev` and `next`, where there are such pages.' },
};

export const pageHeaders = { ...contentEtagHeader, ...logHeaders };

export const validUntilHeader = {
  'X-Valid-Until': {
    type: 'string',
    format: 'date-time',
    description:
      'With `due` or `deferred`: when the list may change without a write, by the clock. Ask again then.',
  },
};

const ifMatch = Type.Optional(
  Type.String({
    format: 'if-match',
    description:
      'The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412.',
  }),
);

/** For reads with an `ETag`. */
export const ReadHeaders = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      description: 'The `ETag` of what the client has: 304, without content, if it is still that.',
    }),
  ),
});

const idempotencyKey = Type.Optional(
  Type.String({
    // Visible ASCII, quoted as in draft-ietf-httpapi-idempotency-key-header, or unquoted as most clients send it.
    pattern: '^(?:"[!#-[\\]-~]{1,255}"|[!#-~]{1,255})$',
    'x-pattern-message': 'must be 1 to 255 visible ASCII characters, with or without quotes around them',
    description:
      'A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing ' +
      'and gets the first answer, with `Idempotency-Replayed: true`.',
  }),
);

/** For writes without a condition, such as a create. */
export const WriteHeaders = Type.Object({ 'idempotency-key': idempotencyKey });

/** For writes to an item with a version. */
export const ConditionalHeaders = Type.Object({ 'if-match': ifMatch, 'idempotency-key': idempotencyKey });
