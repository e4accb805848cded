import type { Senders, SendResult } from '../../src/senders/model.ts';
import { createWorkerContext } from '../../src/worker/create-context.ts';
import { createDeliveryWorker } from '../../src/worker/worker.ts';
import { secret, type TestApp } from './app.ts';
import { afterTest } from './clean-up.ts';
import { type ServerProcess, startProcess } from './process.ts';

type Send = (...args: Parameters<Senders['send']>) => Promise<SendResult>;

export const sent: SendResult = { outcome: 'sent', status: 250 };
export const timedOut: SendResult = { outcome: 'failed', error: 'timeout', status: null, isPermanent: false };

/** A worker on the app's database until the end of the test, which sends by `send`. */
export function startTestWorker({ ctx }: TestApp, send: Send) {
  const senders = { send, close: async () => undefined, getPushKeys: () => Promise.reject(new Error()) };
  const context = createWorkerContext(ctx.config, ctx.db, ctx.log, ctx.changeNotifier, senders);
  const worker = createDeliveryWorker(context);
  worker.start();
  afterTest.push(() => worker.close());
  return worker;
}

/** `worker` in a process of its own until the end of the test, or until it ends itself. */
export function startWorkerProcess(env: Record<string, string>): ServerProcess {
  const worker = startProcess(['worker'], { BETTER_AUTH_SECRET: secret, LOG_LEVEL: 'warn', ...env });
  afterTest.push(async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
  });
  return worker;
}
