import { ensureSigningKey } from '../../accounts/signing-key.ts';
import type { Context } from '../../context.ts';
import { requireMigrated } from '../../db/migrator.ts';
import { createPrimaryCounters } from '../../limits/primary.ts';
import { redisCounters } from '../../limits/redis.ts';
import { StartError } from '../../platform/errors.ts';
import { createLog } from '../../platform/log.ts';
import { createContext } from '../context.ts';
import { shareDatabase } from '../database.ts';
import { serveHttp } from '../serve.ts';
import { onFault, stopSignals, unlessAway } from '../start.ts';
import { createGathering } from './figures.ts';
import { type FromWorker, isToWorker, type News, type Start } from './messages.ts';

/**
 * Each worker has the port for itself, and Linux gives each its part of the connections. Where that is not known, the
 * primary accepts them and passes them on; but what is on its way to a worker that is killed hangs for ever.
 */
const sharesPortByKernel = process.platform === 'linux';

/** Serves as one of several processes, until the primary says stop; without the primary it ends at once. */
export async function work(): Promise<void> {
  // They reach the whole group, from a terminal or a service manager; the primary hears them too and decides.
  for (const signal of stopSignals) process.on(signal, () => undefined);
  const primary = openChannel();
  const start = await primary.start;
  if (start === null) return;
  try {
    await serveOn(start, primary);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const reason = error.message;
    await new Promise<void>((settle) => tell({ type: 'refused', reason }, settle));
    process.exitCode = 1;
  }
}

interface Channel {
  /** Null when the service has stopped meanwhile. */
  start: Promise<Start | null>;
  stopping: AbortController;
  hear(news: News): void;
}

function openChannel(): Channel {
  const { promise, resolve } = Promise.withResolvers<Start | null>();
  const channel: Channel = { start: promise, stopping: new AbortController(), hear: () => undefined };
  process.on('message', (message: unknown) => {
    if (!isToWorker(message)) return;
    if (message.type === 'start') resolve(message);
    else if (message.type === 'stop') {
      resolve(null);
      channel.stopping.abort();
    } else channel.hear(message);
  });
  tell({ type: 'hello' });
  return channel;
}

async function serveOn({ worker, config, connection }: Start, primary: Channel): Promise<void> {
  const log = createLog(config.logLevel, worker);
  onFault(log, () => primary.stopping.abort());
  const counters = createPrimaryCounters(log, (question) => tell({ type: 'question', question }));
  const gathering = createGathering(() => tell({ type: 'gather' }));
  const database = shareDatabase(config, connection, log);
  try {
    const shared = redisCounters(config.limits, log) ?? counters;
    const alone = createContext(config, database.db, log, connection, shared);
    const ctx: Context = { ...alone, metrics: { ...alone.metrics, gather: gathering.gather } };
    primary.hear = (news) => {
      if (news.type === 'answer') counters.hear(news.answer);
      else if (news.type === 'figures') gathering.hear(news.families);
      else tell({ type: 'report', families: ctx.metrics.families() });
    };
    const prepare = async () => {
      await requireMigrated(ctx.db);
      await ensureSigningKey(ctx.db, ctx.betterAuth);
    };
    await serveHttp(ctx, primary.stopping.signal, {
      prepare: () => unlessAway(log, false, prepare),
      listenOptions: { reusePort: sharesPortByKernel },
      listening: () => tell({ type: 'serving' }),
      ready: () => undefined,
    });
  } finally {
    await database.close();
  }
}

/** A channel that is closed ends this process; nothing else has to be done about it. */
function tell(message: FromWorker, told: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, told);
}
