import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { isUnavailableError } from '../../db/failures.ts';
import { serviceLocked } from '../../platform/errors.ts';
import { continueWith } from './continue-hook.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered while the service is locked: what unlocks it. */
    allowedWhileLocked?: boolean;
  }
  interface FastifyRequest {
    /** Access events could not be read: only a stale response will do, for a token that was verified before. */
    isDatabaseUnavailable: boolean;
  }
}

/** Reads the access events, and answers 503 below `/api` while the service lock is set. */
export function enforceServiceLock(app: FastifyInstance, { accessControl: access, config }: Context): void {
  app.decorateRequest('isDatabaseUnavailable', false);
  app.addHook('onRequest', (request, _reply, done) => {
    const { url, config: route } = request.routeOptions;
    // The pattern that matched, whatever the spelling of the path; undefined for a path that does not exist.
    if (url !== undefined && !url.startsWith('/api')) {
      done();
      return;
    }
    const refreshed = access.refresh()?.catch((error: unknown) => {
      const mayBeStale = config.cache.serveStale && route.cacheable === true;
      if (!mayBeStale || !isUnavailableError(error) || !access.allowsStaleReads()) throw error;
      request.isDatabaseUnavailable = true;
    });
    const refuseWhileLocked = () => {
      if (access.isLocked() && route.allowedWhileLocked !== true) throw serviceLocked();
    };
    continueWith(refreshed, refuseWhileLocked, done);
  });
}
