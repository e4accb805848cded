import type { Config } from '../config/config.ts';
import { runDeliveryWorker } from '../process/delivery-worker.ts';

/**
 * `worker`: sends reminders in a process of its own, until a stop signal.
 * @throws StartError when a setting or the database's version forbids it.
 */
export const worker = (config: Config): Promise<void> => runDeliveryWorker(config);
