import type { Generated, Kysely, Transaction } from 'kysely';

/** Tables that belong to no noun. Each noun adds its own in its folder. */
export interface Database {
  'duly.owners': {
    user_id: string;
    revision: bigint;
    created_at: Generated<Date>;
    feed_from: Generated<bigint>;
    /** Null: the user may have content. */
    erasure: 'running' | 'done' | null;
    /** The revision up to which all of the user's tasks are in the indexes of orders; null: not all are. */
    orders_from: Generated<bigint | null>;
  };
  'duly.tombstones': {
    user_id: string;
    /** The type of a noun, as in the feed. */
    type: string;
    id: string;
    revision: bigint;
    created_at: Generated<Date>;
  };
  'duly.idempotency_keys': {
    user_id: string;
    route: string;
    key: string;
    fingerprint: Buffer;
    /** The stored response. */
    answer: unknown;
    created_at: Generated<Date>;
  };
}

/** The pool, or a transaction on one of its connections. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;
