import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { requireMigrated } from '../db/migrator.ts';
import { version } from '../version.ts';
import type { App } from './app-type.ts';
import { errorResponses } from './schemas.ts';

const tags = ['Health'];
const { 408: timeOut, 431: tooLarge } = errorResponses('Problem', []);
const refusals = { 408: timeOut, 431: tooLarge };
const Status = Type.Enum(['ok', 'unavailable'], { type: 'string' });
const Ready = (description: string) => ({
  description,
  ...Type.Object({ status: Status, database: Status }),
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
  description: 'For a load balancer: 503 while requests would fail.',
  tags,
  security: [],
  response: { 200: Ready('It is.'), 503: Ready('It is not.'), ...refusals },
};

export function healthRoutes(app: App, { db }: Context): void {
  app.get('/health', { schema: healthSchema }, async () => ({
    status: 'ok' as const,
    service: 'duly',
    version,
  }));
  app.get('/health/live', { schema: liveSchema }, async () => ({ status: 'ok' as const }));
  app.get('/health/ready', { schema: readySchema }, async (_request, reply) => {
    try {
      await requireMigrated(db);
      return { status: 'ok' as const, database: 'ok' as const };
    } catch {
      return reply
        .status(503)
        .header('retry-after', '1')
        .send({ status: 'unavailable', database: 'unavailable' });
    }
  });
}
