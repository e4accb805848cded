import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../../context.ts';
import { formatMetrics, metricsContentType } from '../../metrics/text-format.ts';
import { unauthorized } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { authorizationOf } from '../hooks/authentication.ts';

const bearer = /^Bearer +(\S+)$/i;

/** `GET /metrics`, with `METRICS_TOKEN` as the bearer token. Without that setting the route does not exist. */
export function metricsRoute(app: App, { config, metrics }: Context): void {
  const { token } = config.metrics;
  if (token === null) return;
  const expected = sha256(token);
  app.addHook('onReady', async () => metrics.open());
  app.addHook('onClose', async () => metrics.close());
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const headerValues = authorizationOf(request);
    if (headerValues.length === 0) throw unauthorized('missing');
    const receivedToken = headerValues.length === 1 ? bearer.exec(headerValues[0] ?? '')?.[1] : undefined;
    if (receivedToken === undefined || !timingSafeEqual(sha256(receivedToken), expected))
      throw unauthorized('invalid');
    return reply.type(metricsContentType).send(formatMetrics(await metrics.gather()));
  });
}

/** `timingSafeEqual` needs values of equal length. */
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
