import type { Logger } from 'pino';
import type { ReplicaSettings } from '../config/database.ts';
import { isSerializationFailure } from '../db/failures.ts';
import type { DatabaseConnection } from '../db/hosts.ts';
import { connectionFromUrl } from '../db/pool.ts';
import { createReplica } from '../db/replica.ts';
import type { Db } from '../db/schema.ts';
import { withDeadline } from '../platform/deadline.ts';
import { AppError } from '../platform/errors.ts';
import { findReplayedRevisions } from '../writes/revisions.ts';
import { createRevisionReader, type RevisionOf, type UserRevision } from './revision-reader.ts';

/** Chooses the server that a user's data are read from. */
export interface Reads {
  /** Whether there is anything to choose: only then has the revision to be known. */
  hasReplica: boolean;
  /** What `read` gives on a server that has all of the user's changes up to `revision`. It may run twice. */
  at<T>(userId: string, revision: UserRevision, read: (db: Db) => Promise<T>): Promise<T>;
  /** How often each server was read from so far. */
  use(): { primary: number; replica: number };
  close(): Promise<void>;
}

/** Shorter than the patience of a request: a replica that hangs costs this once, and is left alone then. */
const revisionWithinMs = 1_000;

interface Link {
  db: Db;
  revisionOf: RevisionOf;
}

/**
 * The replica is asked for the user's revision first. A snapshot taken later on the same server is never older, so data
 * that are read then have that revision too. Whatever goes wrong there goes to the primary: it may lag so far behind
 * that it lacks a column, or be away.
 */
export function createReads(primary: Db, settings: ReplicaSettings | null, log: Logger): Reads {
  const counts = { primary: 0, replica: 0 };
  const use = () => ({ ...counts });
  function fromPrimary<T>(read: (db: Db) => Promise<T>): Promise<T> {
    counts.primary += 1;
    return read(primary);
  }
  if (settings === null) {
    return {
      hasReplica: false,
      at: (_userId, _revision, read) => fromPrimary(read),
      use,
      close: async () => {},
    };
  }
  const replica = createReplica<Link>({
    primary,
    connection: replicaConnection(settings.url),
    max: settings.poolMax,
    log,
    open: (db) => ({ db, revisionOf: createRevisionReader(db, findReplayedRevisions) }),
  });

  async function readThere<T>(
    link: Link,
    userId: string,
    wanted: UserRevision,
    read: (db: Db) => Promise<T>,
  ): Promise<{ value: T } | null> {
    try {
      const { epoch, revision } = await withDeadline(link.revisionOf(userId), revisionWithinMs);
      if (epoch !== wanted.epoch || revision < wanted.revision) return null;
      const value = await read(link.db);
      replica.isUseful();
      counts.replica += 1;
      return { value };
    } catch (error) {
      if (error instanceof AppError) throw error;
      // It had to give way to what is replayed, and is well otherwise.
      if (!isSerializationFailure(error)) replica.failed(link, error);
      return null;
    }
  }

  return {
    hasReplica: true,
    async at(userId, revision, read) {
      // Of whom nothing is stored there is nothing to compare.
      const link = revision.revision > 0n ? replica.current() : null;
      const found = link === null ? null : await readThere(link, userId, revision, read);
      return found === null ? fromPrimary(read) : found.value;
    },
    use,
    close: replica.close,
  };
}

/** Of several hosts the one that is a standby, whichever that is by now. */
function replicaConnection(url: string): DatabaseConnection {
  const connection = connectionFromUrl(url);
  return connection.otherHosts === undefined ? connection : { target: 'standby', ...connection };
}
