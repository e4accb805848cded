import type { FastifyInstance } from 'fastify';
import { serviceUnavailable } from '../../platform/errors.ts';

/**
 * Once the server closes, each answer under way ends its connection: kept alive, it would hold up the end. Requests
 * that come later get a 503.
 */
export function createShutdown() {
  let closing = false;
  return {
    isClosing: () => closing,
    endConnections(app: FastifyInstance): void {
      app.addHook('preClose', async () => {
        closing = true;
      });
      app.addHook('onRequest', (_request, _reply, done) => done(closing ? serviceUnavailable() : undefined));
      app.addHook('onSend', (_request, reply, _payload, done) => {
        if (closing) reply.header('connection', 'close');
        done();
      });
    },
  };
}
