import { ensureSigningKey } from '../../accounts/signing-key.ts';
import type { Context } from '../../context.ts';
import { onServerChange } from '../../db/pool.ts';
import { requireUsableSchema } from '../../db/schema-fit.ts';
import { createPrimaryCounters } from '../../limits/primary-counters.ts';
import { redisCounters } from '../../limits/redis-counters.ts';
import { StartError } from '../../platform/errors.ts';
import { createLog } from '../../platform/log.ts';
import { createContext } from '../context.ts';
import { openWorkerDatabase } from '../database.ts';
import { serveHttp } from '../serve.ts';
import { unlessUnavailable } from '../start.ts';
import { onUncaughtException, stopSignals } from '../stop-signals.ts';
import {
  isMessageToWorker,
  type MessageFromWorker,
  type PrimaryMessage,
  type StartMessage,
} from './messages.ts';
import { createMetricsClient } from './worker-metrics.ts';

/**
 * On Linux each worker binds the port, and the kernel spreads connections over them. Elsewhere the primary process
 * accepts connections and passes them on. There, a connection on its way to a killed worker hangs for ever.
 */
const sharesPortByKernel = process.platform === 'linux';

/** Serves as one of several processes until the primary process sends `stop`. Ends at once if that is gone. */
export async function runWorker(): Promise<void> {
  // A terminal or service manager signals the whole group. The primary process gets the signal too, and sends `stop`.
  for (const signal of stopSignals) process.on(signal, () => undefined);
  const primary = openPrimaryChannel();
  const start = await primary.start;
  if (start === null) return;
  try {
    await serveAsWorker(start, primary);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const reason = error.message;
    await new Promise<void>((settle) => sendToPrimary({ type: 'start-error', reason }, settle));
    process.exitCode = 1;
  }
}

interface PrimaryChannel {
  /** Null if the service stopped before the worker started. */
  start: Promise<StartMessage | null>;
  stopController: AbortController;
  onMessage(message: PrimaryMessage): void;
}

function openPrimaryChannel(): PrimaryChannel {
  const { promise, resolve } = Promise.withResolvers<StartMessage | null>();
  const channel: PrimaryChannel = {
    start: promise,
    stopController: new AbortController(),
    onMessage: () => undefined,
  };
  process.on('message', (message: unknown) => {
    if (!isMessageToWorker(message)) return;
    if (message.type === 'start') resolve(message);
    else if (message.type === 'stop') {
      resolve(null);
      channel.stopController.abort();
    } else channel.onMessage(message);
  });
  sendToPrimary({ type: 'ready' });
  return channel;
}

async function serveAsWorker(
  { worker, config, connection }: StartMessage,
  primary: PrimaryChannel,
): Promise<void> {
  const log = createLog(config.logLevel, worker);
  onUncaughtException(log, () => primary.stopController.abort());
  const counters = createPrimaryCounters(log, (request) =>
    sendToPrimary({ type: 'counter-request', request }),
  );
  const metricsClient = createMetricsClient(() => sendToPrimary({ type: 'metrics-request' }));
  const database = openWorkerDatabase(config, connection, log);
  onServerChange(database.db, () => sendToPrimary({ type: 'server-change' }));
  try {
    const sharedCounters = redisCounters(config.limits, log) ?? counters;
    const ownContext = createContext(config, database.db, log, connection, sharedCounters);
    const ctx: Context = { ...ownContext, metrics: { ...ownContext.metrics, gather: metricsClient.gather } };
    primary.onMessage = (message) => {
      if (message.type === 'counter-reply') counters.receive(message.reply);
      else if (message.type === 'metrics') metricsClient.receive(message.families);
      else if (message.type === 'ping') sendToPrimary({ type: 'pong' });
      else sendToPrimary({ type: 'report', families: ctx.metrics.families() });
    };
    const prepare = async () => {
      await requireUsableSchema(ctx.db);
      await ensureSigningKey(ctx.db, config.auth.secrets);
    };
    await serveHttp(ctx, primary.stopController.signal, {
      prepare: () => unlessUnavailable(log, false, prepare),
      listenOptions: { reusePort: sharesPortByKernel },
      onListening: () => sendToPrimary({ type: 'serving' }),
      onReady: () => undefined,
    });
  } finally {
    await database.close();
  }
}

/** A closed channel ends this process, so a failed send needs no handling. */
function sendToPrimary(message: MessageFromWorker, onSent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, onSent);
}
