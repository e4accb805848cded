import type { Client } from 'pg';
import type { Cluster } from './cluster.ts';

/** `archive_command` stays empty: the server keeps each segment until Duly marks it as archived. */
export const archiveSettings = (seconds: number | null): Record<string, string> =>
  seconds === null
    ? { archive_mode: 'off' }
    : { archive_mode: 'on', archive_command: '', archive_timeout: `${seconds}s` };

/** Whether the running server archives as the cluster's settings say. */
export async function archivesAs(client: Client, { settings }: Cluster): Promise<boolean> {
  const { rows } = await client.query<{ mode: string }>("select current_setting('archive_mode') as mode");
  return rows[0]?.mode === settings.archive_mode;
}

/**
 * The server begins to heed `archive_timeout` when its checkpointer wakes. That sleeps for `checkpoint_timeout`, 5 min,
 * if it fell asleep before the recovery ended, even after a clean shutdown. A reload wakes it.
 */
export const startArchiveTimer = (client: Client) => client.query('select pg_reload_conf()');
