import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { isUnavailableError } from '../../db/failures.ts';
import { serviceLocked } from '../../platform/errors.ts';
import { continueWith } from './continue-hook.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Works while the service is locked, such as the routes that unlock it. */
    allowedWhileLocked?: boolean;
  }
  interface FastifyRequest {
    /** Access events could not be read. Only a stale response may be sent, for a token that was verified before. */
    isDatabaseUnavailable: boolean;
  }
}

/** Reads new access events, and responds with 503 below `/api` while the service is locked. */
export function enforceServiceLock(app: FastifyInstance, { accessControl, config }: Context): void {
  app.decorateRequest('isDatabaseUnavailable', false);
  app.addHook('onRequest', (request, _reply, done) => {
    const { url, config: route } = request.routeOptions;
    // `url` is the route's pattern, independent of how the path is spelled; undefined for an unknown path.
    if (url !== undefined && !url.startsWith('/api')) {
      done();
      return;
    }
    const refreshed = accessControl.refresh()?.catch((error: unknown) => {
      const mayBeStale = config.cache.serveStale && route.cacheable === true;
      if (!mayBeStale || !isUnavailableError(error) || !accessControl.allowsStaleReads()) throw error;
      request.isDatabaseUnavailable = true;
    });
    const refuseWhileLocked = () => {
      if (accessControl.isLocked() && route.allowedWhileLocked !== true) throw serviceLocked();
    };
    continueWith(refreshed, refuseWhileLocked, done);
  });
}
