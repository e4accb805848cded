import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../context.ts';
import { textOf, textType } from '../metrics/families.ts';
import { unauthorized } from '../platform/errors.ts';
import type { App } from './app-type.ts';
import { authorizationOf } from './hooks/authentication.ts';

const bearer = /^Bearer +(\S+)$/i;

/** `GET /metrics` for who shows `METRICS_TOKEN`; without that setting there is no such route. */
export function metricsRoute(app: App, { config, metrics }: Context): void {
  const { token } = config.metrics;
  if (token === null) return;
  const expected = digest(token);
  app.addHook('onReady', async () => metrics.open());
  app.addHook('onClose', async () => metrics.close());
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const given = authorizationOf(request);
    if (given.length === 0) throw unauthorized('missing');
    const shown = given.length === 1 ? bearer.exec(given[0] ?? '')?.[1] : undefined;
    if (shown === undefined || !timingSafeEqual(digest(shown), expected)) throw unauthorized('invalid');
    return reply.type(textType).send(textOf(await metrics.gather()));
  });
}

/** Of the same length whatever was sent, so that the comparison takes the same time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
