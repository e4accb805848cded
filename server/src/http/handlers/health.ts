import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { requireMigrated } from '../../db/migrator.ts';
import { readOnlyForMs } from '../../db/pool.ts';
import { version } from '../../platform/version.ts';
import type { App } from '../app-type.ts';
import { errorResponses } from '../contract/schemas.ts';

const tags = ['Health'];
const { 408: timeOut, 431: tooLarge } = errorResponses('Problem', []);
const refusals = { 408: timeOut, 431: tooLarge };
const Status = Type.Enum(['ok', 'unavailable'], { type: 'string' });
const DatabaseStatus = Type.Enum(['ok', 'read-only', 'unavailable'], {
  type: 'string',
  description: '`read-only`: reads are answered, writes get a 503 until a server takes them.',
});
const Ready = (description: string) => ({
  description,
  ...Type.Object({ status: Status, database: DatabaseStatus }),
});

const healthSchema = {
  operationId: 'getHealth',
  summary: 'Name and version of the service',
  description: 'Does not ask the database.',
  tags,
  security: [],
  response: {
    200: {
      description: 'The process answers.',
      ...Type.Object({ status: Status, service: Type.String(), version: Type.String() }),
    },
    ...refusals,
  },
};

const liveSchema = {
  operationId: 'getLiveness',
  summary: 'Whether the process answers',
  description: 'Does not ask the database: for a process manager that restarts what does not answer.',
  tags,
  security: [],
  response: {
    200: { description: 'It does.', ...Type.Object({ status: Status }) },
    ...refusals,
  },
};

const readySchema = {
  operationId: 'getReadiness',
  summary: 'Whether the database is reachable and migrated',
  description:
    'For a load balancer: 503 while no connection can read, and for the first 10 s in which this instance finds the database ' +
    'read-only, so that writes go to instances that have found the new primary.',
  tags,
  security: [],
  response: { 200: Ready('It is.'), 503: Ready('It is not.'), ...refusals },
};

/** Long enough for a balancer to move on; reads are worth serving after that. */
const awayAfterReadOnlyMs = 10_000;

export function healthRoutes(app: App, { db }: Context): void {
  app.get('/health', { schema: healthSchema }, async () => ({
    status: 'ok' as const,
    service: 'duly',
    version,
  }));
  app.get('/health/live', { schema: liveSchema }, async () => ({ status: 'ok' as const }));
  app.get('/health/ready', { schema: readySchema }, async (_request, reply) => {
    const unready = (database: 'read-only' | 'unavailable') =>
      reply.status(503).header('retry-after', '1').send({ status: 'unavailable', database });
    try {
      await requireMigrated(db);
    } catch {
      return unready('unavailable');
    }
    const readOnlyMs = readOnlyForMs(db);
    if (readOnlyMs === null) return { status: 'ok' as const, database: 'ok' as const };
    if (readOnlyMs < awayAfterReadOnlyMs) return unready('read-only');
    return { status: 'ok' as const, database: 'read-only' as const };
  });
}
