import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { isUnavailableError } from '../../db/failures.ts';
import { serviceLocked } from '../../platform/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered while the service is locked: what unlocks it. */
    allowedWhileLocked?: boolean;
  }
  interface FastifyRequest {
    /** The news of tokens and users did not come; only a kept answer will do, for whom is known from before. */
    isDatabaseUnavailable: boolean;
  }
}

/** What requests found that asked the database before they came to the routes: they do not wait for it again. */
export const unavailableErrors = new WeakMap<IncomingMessage, unknown>();

/** Everything below `/api` first hears what is decided on any instance, and answers 503 while the kill switch is on. */
export function enforceServiceLock(app: FastifyInstance, { accessControl: access, config }: Context): void {
  app.decorateRequest('isDatabaseUnavailable', false);
  app.addHook('onRequest', async (request) => {
    const { url, config: route } = request.routeOptions;
    // The pattern that matched, whatever the spelling of the path; none is a path that does not exist.
    if (url !== undefined && !url.startsWith('/api')) return;
    try {
      if (unavailableErrors.has(request.raw)) throw unavailableErrors.get(request.raw);
      const refreshing = access.refresh();
      if (refreshing !== undefined) await refreshing;
    } catch (error) {
      const mayBeStale = config.cache.serveStale && route.cacheable === true;
      if (!mayBeStale || !isUnavailableError(error) || !access.allowsStaleReads()) throw error;
      request.isDatabaseUnavailable = true;
    }
    if (access.isLocked() && route.allowedWhileLocked !== true) throw serviceLocked();
  });
}
