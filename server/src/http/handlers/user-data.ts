import { AdminUserPath } from '../../admin/model.ts';
import { Erasure } from '../../erasure/model.ts';
import { requireOwner } from '../../erasure/require-owner.ts';
import { exportFileName, exportFormats, exportTypes, streamExport } from '../../export/export.ts';
import { notFound, unauthorized, wrongPassword } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import type { Success } from '../contract/surface.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { adminGroup } from './admin-schemas.ts';

const group = 'Accounts';

const ExportQuery = Type.Object(
  {
    format: Type.Enum([...exportFormats], {
      type: 'string',
      default: 'json',
      description:
        '`json`: everything; `csv`: the tasks, as a table; `ics`: the tasks, as VTODO of iCalendar, without the trash.',
    }),
  },
  { additionalProperties: false },
);

const exportTimeoutMs = 10 * 60_000;

export const exportUser = operation({
  id: 'exportUser',
  summary: 'Export everything of a user',
  description:
    'Everything that the service has of the user, as it is at one instant, as a file. `left_out` says what it lacks, and ' +
    'why: secrets above all. One export of a user runs at a time; another one is answered with 429.',
  group,
  input: { params: UserPath, querystring: ExportQuery },
  response: {
    200: {
      description: 'The file.',
      headers: {
        'Content-Disposition': { type: 'string', description: '`attachment`, with a file name.' },
      },
      content: {
        'application/json': { schema: Type.Ref('Export') },
        'text/csv': { schema: { type: 'string' } },
        'text/calendar': { schema: { type: 'string' } },
      },
    },
  },
  errors: [422],
  // A response that has begun ends then; a client that takes nothing for 30 s is disconnected earlier.
  options: { config: { handlerTimeoutMs: exportTimeoutMs } },
  async handle({ db, request, reply }) {
    const { params, query, method } = request;
    reply.type(exportTypes[query.format]);
    reply.header('content-disposition', `attachment; filename="${exportFileName(query.format)}"`);
    reply.header('cache-control', 'no-store');
    if (method === 'HEAD') return reply.send(undefined);
    return reply.send(await streamExport(db, params.user_id, query.format));
  },
});

const erasing: Success = {
  status: 202,
  message: 'The user is closed; what is stored of it is being erased',
  data: Type.Null(),
  description: 'Nobody gets in any more, and what is stored is being erased.',
};

export const eraseUser = operation({
  id: 'eraseUser',
  summary: 'Erase a user with everything',
  description:
    'For good. Every session, token and stream ends within a second, and what is stored is gone within a minute. ' +
    'Of a log-in of this server the password is wanted again; of a user of another issuer a token of the last five ' +
    'minutes, and the user id as `confirm`.',
  group,
  input: { params: UserPath, body: Erasure },
  success: erasing,
  errors: [404, 413, 415, 422],
  errorDescriptions: { 401: 'No valid token, a wrong password, or a token that is not new.' },
  errorExamples: { 401: wrongPassword(), 404: notFound('User') },
  async handle({ ctx, db, request }) {
    const { caller, params, body } = request;
    if (caller === null) throw unauthorized('missing');
    const origin = auditOriginOf(request);
    await requireOwner(db, caller, origin, body);
    await ctx.erasures.erase(params.user_id, origin, 'user.erase');
    return { data: null };
  },
});

export const adminEraseUser = operation({
  id: 'adminEraseUser',
  summary: 'Erase a user with everything',
  description: 'As the user could, and for good. An id that is unknown or erased is answered with 404.',
  group: adminGroup,
  input: { params: AdminUserPath },
  success: erasing,
  errors: [404, 422],
  async handle({ ctx, request }) {
    await ctx.erasures.erase(request.params.user_id, auditOriginOf(request), 'admin.user.erase');
    return { data: null };
  },
});
