import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { isUnavailable } from '../../db/failures.ts';
import { serviceLocked } from '../../platform/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered while the service is locked: what unlocks it. */
    whileLocked?: boolean;
  }
  interface FastifyRequest {
    /** The news of tokens and users did not come; only a kept answer will do, for whom is known from before. */
    isDatabaseAway: boolean;
  }
}

/** What requests found that asked the database before they came to the routes: they do not wait for it again. */
export const foundAway = new WeakMap<IncomingMessage, unknown>();

/** Everything below `/api` first hears what is decided on any instance, and answers 503 while the kill switch is on. */
export function obeyServiceLock(app: FastifyInstance, { access, config }: Context): void {
  app.decorateRequest('isDatabaseAway', false);
  app.addHook('onRequest', async (request) => {
    const { url, config: route } = request.routeOptions;
    // The pattern that matched, whatever the spelling of the path; none is a path that does not exist.
    if (url !== undefined && !url.startsWith('/api')) return;
    try {
      if (foundAway.has(request.raw)) throw foundAway.get(request.raw);
      const refreshing = access.refresh();
      if (refreshing !== undefined) await refreshing;
    } catch (error) {
      const mayBeStale = config.cache.serveStale && route.keepsAnswers === true;
      if (!mayBeStale || !isUnavailable(error) || !access.isTrustedWhileAway()) throw error;
      request.isDatabaseAway = true;
    }
    if (access.isLocked() && route.whileLocked !== true) throw serviceLocked();
  });
}
