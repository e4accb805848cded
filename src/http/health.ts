import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { requireMigrated } from '../db/migrator.ts';
import type { App } from './app-type.ts';
import { version } from './version.ts';

const tags = ['Health'];
const Status = Type.Enum(['ok', 'unavailable'], { type: 'string' });
const Ready = (description: string) => ({
  description,
  ...Type.Object({ status: Status, database: Status }, { additionalProperties: false }),
});

const healthSchema = {
  operationId: 'getHealth',
  summary: 'Name and version of the service',
  tags,
  security: [],
  response: {
    200: {
      description: 'The process answers.',
      ...Type.Object(
        { status: Status, service: Type.String(), version: Type.String() },
        { additionalProperties: false },
      ),
    },
  },
};

const liveSchema = {
  operationId: 'getLiveness',
  summary: 'Whether the process answers',
  tags,
  security: [],
  response: {
    200: { description: 'It does.', ...Type.Object({ status: Status }, { additionalProperties: false }) },
  },
};

const readySchema = {
  operationId: 'getReadiness',
  summary: 'Whether the database is reachable and migrated',
  tags,
  security: [],
  response: { 200: Ready('It is.'), 503: Ready('It is not.') },
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
