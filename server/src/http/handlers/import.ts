import { requireFeature } from '../../config/flags.ts';
import { isZip } from '../../import/formats/zip.ts';
import { ImportError } from '../../import/model.ts';
import { toResult } from '../../import/result-model.ts';
import { findSource, type ImportSource, importFrom, importSources } from '../../import/sources.ts';
import { createConcurrencyLimiter } from '../../platform/concurrency-limiter.ts';
import { rateLimited, validationError } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { featureErrorDescriptions } from '../contract/schemas.ts';
import { auditOriginOf } from '../hooks/authentication.ts';

const ImportQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(
        importSources.map(({ name }) => name),
        { type: 'string', description: 'Which program the file is of; absent: found out.' },
      ),
    ),
    file_name: Type.Optional(
      Type.String({
        maxLength: 255,
        description:
          'Of the file: it helps to find the format, and of some programs it is the name of a project.',
      }),
    ),
    dry_run: Type.Boolean({
      default: false,
      description: 'Tells what would come of each task, and stores nothing.',
    }),
  },
  { additionalProperties: false },
);

const types = [
  ...['application/json', 'text/csv', 'text/calendar', 'text/plain'],
  ...['application/zip', 'application/octet-stream'],
];

const maxBytes = 5 * 1_024 * 1_024;
const timeoutMs = 5 * 60_000;
/** Each has a file in memory. */
const importLimiter = createConcurrencyLimiter(2, 8);
/** Users whose import runs or waits in this process. */
const importing = new Set<string>();
const retryAfterSeconds = 10;

export const importTasks = operation({
  id: 'importTasks',
  summary: 'Import tasks of another program',
  description:
    `The body is a file of at most 5 MB: ${importSources.map(({ label }) => label).join(', ')}. A task that came of the ` +
    'same file before is left as it is, so that a repeated import creates nothing. Tasks are stored in groups of 500; an ' +
    'import that was cut off is finished by repeating it. One import of a user runs at a time; another one is answered with 429.',
  group: 'Accounts',
  input: {
    params: UserPath,
    querystring: ImportQuery,
    body: {
      content: Object.fromEntries(types.map((type) => [type, { schema: Type.Ref('ImportFile') }])),
    },
  },
  success: {
    message: 'File imported',
    data: Type.Ref('ImportResult'),
    description: 'What was made of the file.',
  },
  errors: [413, 415, 422],
  options: { bodyLimit: maxBytes, config: { acceptsFiles: true, handlerTimeoutMs: timeoutMs } },
  errorDescriptions: featureErrorDescriptions,
  async handle({ ctx, db, request }) {
    const { params, query, body } = request;
    const userId = params.user_id;
    const { dry_run: isDryRun, file_name: fileName = '' } = query;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    requireFeature(ctx.config.flags, isZip(bytes) ? 'import_archives' : 'import_http', userId);
    const source = sourceOf(query.format, bytes, fileName);
    if (importing.has(userId)) throw rateLimited(retryAfterSeconds);
    importing.add(userId);
    try {
      const target = { userId, context: auditOriginOf(request), isDryRun };
      const report = await importLimiter(() => importFrom(db, target, source, bytes, fileName));
      return { data: toResult(source.name, isDryRun, report) };
    } catch (error) {
      throw error instanceof ImportError ? refusal(error.message) : error;
    } finally {
      importing.delete(userId);
    }
  },
});

const refusal = (msg: string) => validationError([{ loc: ['body'], msg, type: 'import' }]);

/** @throws AppError VALIDATION_ERROR */
function sourceOf(name: string | undefined, file: Buffer, fileName: string): ImportSource {
  if (file.length === 0) throw refusal('is empty: wants the bytes of a file');
  const source = findSource(name, file, fileName);
  if (source !== undefined) return source;
  throw refusal('looks like a file of no program that is known: `format` says which it is');
}
