import { Type } from 'typebox';
import { exportFileName, exportFormats, exportTypes, streamExport } from '../../export/export.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';

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
