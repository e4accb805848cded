import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.ts';
import { serviceLocked } from '../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered while the service is locked: what unlocks it. */
    whileLocked?: boolean;
  }
}

/** Everything below `/api` first hears what is decided on any instance, and answers 503 while the kill switch is on. */
export function obeyServiceLock(app: FastifyInstance, { access }: Context): void {
  app.addHook('onRequest', async ({ routeOptions }) => {
    // The pattern that matched, whatever the spelling of the path; none is a path that does not exist.
    if (routeOptions.url !== undefined && !routeOptions.url.startsWith('/api')) return;
    const refreshing = access.refresh();
    if (refreshing !== undefined) await refreshing;
    if (access.isLocked() && routeOptions.config.whileLocked !== true) throw serviceLocked();
  });
}
