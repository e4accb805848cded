import type { FastifyInstance } from 'fastify';

/** Once the server closes, each answer under way ends its connection: kept alive, it would hold up the end. */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
