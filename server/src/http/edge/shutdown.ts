import type { FastifyInstance } from 'fastify';
import { serviceUnavailable } from '../../platform/errors.ts';

/**
 * After shutdown begins, each response closes its connection: the server waits for open connections. New requests get
 * a 503.
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
