import type { Config } from '../config/config.ts';

/**
 * `serve`: one process, or a primary process with WEB_CONCURRENCY workers. Only the one wanted is imported: the primary
 * process needs no HTTP code in memory.
 * @throws StartError when a setting, the port or the database's version forbids serving.
 */
export async function serve(config: Config): Promise<void> {
  if (config.workers === 1) await (await import('../process/serve.ts')).serveAlone(config);
  else await (await import('../process/workers/primary.ts')).serveWithWorkers(config);
}
