import type { Logger } from 'pino';
import type { ReplicaSettings } from '../config/database.ts';
import { isSerializationFailure } from '../db/failures.ts';
import type { DatabaseConnection } from '../db/hosts.ts';
import { connectionFromUrl } from '../db/pool.ts';
import { createReplica } from '../db/replica.ts';
import { retryRead } from '../db/retry-read.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { AppError } from '../platform/errors.ts';
import { findReplicaRevisions } from '../writes/revisions.ts';
import { createRevisionReader, type GetRevision, type UserRevision } from './revision-reader.ts';

/** Chooses the server that reads a user's data: the replica if it has replayed the revision, else the primary. */
export interface ReadRouter {
  /** Without a replica, `readAt` ignores the revision. */
  hasReplica: boolean;
  /** Runs `read` on a server that has all of the user's changes up to `revision`. It may run twice. */
  readAt<T>(userId: string, revision: UserRevision, read: (db: Db) => Promise<T>): Promise<T>;
  /** The number of reads from each server so far. */
  stats(): { primary: number; replica: number };
  close(): Promise<void>;
}

/** Shorter than a request's own time-out. A replica that hangs costs this once; then it is not used for a while. */
const revisionTimeoutMs = 1_000;

interface ReplicaHandle {
  db: Db;
  getRevision: GetRevision;
}

/**
 * Reads the user's revision from the replica before the data. A later snapshot of the same server is never older, so
 * the data have at least that revision. After any failure the primary reads instead: the replica may be unavailable, or
 * may not have replayed a migration.
 */
export function createReadRouter(primary: Db, settings: ReplicaSettings | null, log: Logger): ReadRouter {
  const counts = { primary: 0, replica: 0 };
  const stats = () => ({ ...counts });
  function readFromPrimary<T>(read: (db: Db) => Promise<T>): Promise<T> {
    counts.primary += 1;
    return retryRead(() => read(primary));
  }
  if (settings === null) {
    return {
      hasReplica: false,
      readAt: (_userId, _revision, read) => readFromPrimary(read),
      stats,
      close: async () => {},
    };
  }
  const replica = createReplica<ReplicaHandle>({
    primary,
    connection: replicaConnection(settings.url),
    max: settings.poolMax,
    log,
    open: (db) => ({ db, getRevision: createRevisionReader(db, findReplicaRevisions) }),
  });

  async function readFromReplica<T>(
    handle: ReplicaHandle,
    userId: string,
    wanted: UserRevision,
    read: (db: Db) => Promise<T>,
  ): Promise<{ value: T } | null> {
    try {
      const { epoch, revision } = await withDeadline(handle.getRevision(userId), revisionTimeoutMs);
      if (epoch !== wanted.epoch || revision < wanted.revision) return null;
      const value = await read(handle.db);
      replica.markHealthy();
      counts.replica += 1;
      return { value };
    } catch (error) {
      if (error instanceof AppError) throw error;
      // Replay cancelled the query (a recovery conflict); the replica works.
      if (!isSerializationFailure(error)) replica.markFailed(handle, error);
      return null;
    }
  }

  return {
    hasReplica: true,
    async readAt(userId, revision, read) {
      // Users without rows have no revision to compare: the primary reads.
      const handle = revision.revision > 0n ? replica.current() : null;
      const found = handle === null ? null : await readFromReplica(handle, userId, revision, read);
      return found === null ? readFromPrimary(read) : found.value;
    },
    stats,
    close: replica.close,
  };
}

/** If the URL lists several hosts, the one that is a standby now is used. */
function replicaConnection(url: string): DatabaseConnection {
  const connection = connectionFromUrl(url);
  return connection.otherHosts === undefined ? connection : { target: 'standby', ...connection };
}
