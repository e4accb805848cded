import type { Logger } from 'pino';
import { verifyAudit } from '../audit/verify.ts';
import { createDb } from '../db/pool.ts';
import { stopAbandonedServers } from '../db/postgres/restored-cluster.ts';
import { socketPort } from '../db/postgres/server-settings.ts';
import type { Store } from '../stores/store.ts';
import { extractBackup } from './extract.ts';
import {
  createScratchCluster,
  type RecoveredServer,
  recover,
  removeScratchCluster,
} from './scratch-cluster.ts';
import { compareStates, readState } from './state.ts';
import type { Backup } from './target.ts';

/**
 * Restores a backup into a scratch directory of DATA_DIR, starts it, and compares it with its manifest.
 * @returns what is wrong, one line each
 * @throws StartError if a file is damaged, or the server does not recover
 */
export async function verifyBackup(
  target: Store,
  backup: Backup,
  dataDir: string,
  identities: readonly string[],
  log: Logger,
): Promise<string[]> {
  await stopAbandonedServers(dataDir);
  const scratch = createScratchCluster(dataDir, 'verify');
  let server: RecoveredServer | undefined;
  try {
    await extractBackup(target, backup, scratch.cluster.directory, identities);
    server = await recover(scratch, recoveryToRestorePoint(backup), log);
    return [...(await differencesOf(backup, server)), ...(await auditFindings(backup, server, log))];
  } finally {
    await server?.stop();
    removeScratchCluster(scratch);
  }
}

/** The WAL of the backup alone, up to the instant of which the manifest has the state. */
export const recoveryToRestorePoint = ({ manifest }: Backup) => ({
  archive_mode: 'off',
  fsync: 'off',
  restore_command: 'false',
  recovery_target_name: manifest.restorePoint,
  recovery_target_timeline: 'current',
});

async function differencesOf({ manifest }: Backup, server: RecoveredServer): Promise<string[]> {
  const client = await server.connect('postgres', 'duly');
  try {
    return compareStates(manifest.state, await readState(client));
  } finally {
    await client.end();
  }
}

async function auditFindings({ manifest }: Backup, server: RecoveredServer, log: Logger): Promise<string[]> {
  const connection = { host: server.socketDirectory, port: socketPort, user: 'duly', database: 'duly' };
  const db = createDb({ connection, max: 2, log, queryTimeoutMs: 0 });
  const findings: string[] = [];
  try {
    // Refused entries are in no chain: those that the manifest counts are no fault of the backup.
    const refused = manifest.state.rows['duly.audit_refused'];
    await verifyAudit(db, (_userId, finding) => findings.push(`an audit chain: ${finding}`), { refused });
  } finally {
    await db.destroy();
  }
  return findings;
}
