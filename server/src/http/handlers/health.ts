import { backupHealth } from '../../backup/status.ts';
import { readOnlyForMs } from '../../db/pool.ts';
import { findSchemaFit, isUsable, type SchemaStatus, schemaStatuses } from '../../db/schema-fit.ts';
import { Type } from '../../platform/schema.ts';
import { version } from '../../platform/version.ts';
import { operation } from '../contract/operation.ts';
import { errorResponses } from '../contract/schemas.ts';
import { plain } from '../contract/surface.ts';

const group = 'Health';
/** These routes need no token, have no limits and no body, so most common errors cannot happen. */
const refusals = Object.fromEntries(
  Object.entries(errorResponses(plain, [])).filter(([status]) => status === '408' || status === '431'),
);
const Status = Type.Enum(['ok', 'unavailable'], { type: 'string' });
const DatabaseStatus = Type.Enum(['ok', 'read-only', 'unavailable'], {
  type: 'string',
  description: '`read-only`: reads are answered, writes get a 503 until a server takes them.',
});
const BackupStatus = Type.Enum(['ok', 'failing'], {
  type: 'string',
  description:
    'Only with BACKUP_DIRECTORY or BACKUP_S3_URL. `failing`: WAL is not archived, or the last backup is too old.',
});
const Schema = Type.Enum([...schemaStatuses], {
  type: 'string',
  description:
    '`newer`: a newer version has migrated the database, and this one runs beside it. `pending`: a migration is not applied that ' +
    'this version does without. With `too-old` or `too-new` it cannot work. Missing while the database cannot be asked.',
});
const Ready = (description: string) => ({
  description,
  ...Type.Object({
    status: Status,
    database: DatabaseStatus,
    schema: Type.Optional(Schema),
    backup: Type.Optional(BackupStatus),
  }),
});

export const getHealth = operation({
  id: 'getHealth',
  summary: 'Name and version of the service',
  description: 'Does not ask the database.',
  group,
  input: {},
  response: {
    200: {
      description: 'The process answers.',
      ...Type.Object({ status: Status, service: Type.String(), version: Type.String() }),
    },
    ...refusals,
  },
  handle: async () => ({ status: 'ok', service: 'duly', version }),
});

export const getLiveness = operation({
  id: 'getLiveness',
  summary: 'Whether the process answers',
  description: 'Does not ask the database: for a process manager that restarts what does not answer.',
  group,
  input: {},
  response: {
    200: { description: 'It does.', ...Type.Object({ status: Status }) },
    ...refusals,
  },
  handle: async () => ({ status: 'ok' }),
});

/** Gives a load balancer time to switch. After that, an instance that can only read is better than none. */
const unreadyWhileReadOnlyMs = 10_000;

export const getReadiness = operation({
  id: 'getReadiness',
  summary: 'Whether the database is reachable, with a schema that this version can use',
  description:
    'For a load balancer: 503 while no connection can read, while this version cannot use the schema, and for the first 10 s in ' +
    'which this instance finds the database read-only, so that writes go to instances that have found the new primary.',
  group,
  input: {},
  response: { 200: Ready('It is.'), 503: Ready('It is not.'), ...refusals },
  async handle({ ctx, db, reply }) {
    const { backup: settings, dataDir } = ctx.config;
    const health = backupHealth(settings, dataDir);
    const detail = health === null ? {} : { backup: health };
    const unready = (found: { database: 'ok' | 'read-only' | 'unavailable'; schema?: SchemaStatus }) =>
      reply
        .status(503)
        .header('retry-after', '1')
        .send({ status: 'unavailable', ...found });
    const schema = await findSchemaFit(db).then(
      ({ status }) => status,
      () => null,
    );
    if (schema === null) return unready({ database: 'unavailable' });
    const readOnlyMs = readOnlyForMs(db);
    const database = readOnlyMs === null ? 'ok' : 'read-only';
    if (!isUsable(schema)) return unready({ database, schema });
    if (readOnlyMs !== null && readOnlyMs < unreadyWhileReadOnlyMs) return unready({ database, schema });
    return { status: 'ok', database, schema, ...detail };
  },
});
