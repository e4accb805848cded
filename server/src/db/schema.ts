import type { Generated, Kysely, Transaction } from 'kysely';

export type Priority = 'High' | 'Medium' | 'Low';

export interface Database {
  'duly.owners': {
    user_id: string;
    revision: bigint;
    created_at: Generated<Date>;
    feed_from: Generated<bigint>;
  };
  'duly.tasks': {
    user_id: string;
    id: Generated<string>;
    title: string;
    description: string | null;
    completed_at: Date | null;
    priority: Generated<Priority>;
    /** `YYYY-MM-DD`; parsed as text, so no time zone can shift it. */
    due_date: string | null;
    version: Generated<number>;
    revision: bigint;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    deleted_at: Date | null;
    /** Result of `searchTextOf`. */
    search_text: Generated<string>;
    /** Fold version of `search_text`; null for a text folded by the database's lower(). */
    search_version: number | null;
  };
  'duly.tags': {
    user_id: string;
    name: string;
    revision: bigint;
    created_at: Generated<Date>;
    /** Number of live tasks with this tag. Every write that changes it must update it. */
    usage_count: Generated<number>;
    /** The folded name. */
    search_text: Generated<string>;
    search_version: number | null;
  };
  'duly.profiles': {
    user_id: string;
    first_name: string | null;
    last_name: string | null;
    time_zone: Generated<string>;
    locale: Generated<string>;
    revision: bigint;
  };
  'duly.task_tags': { user_id: string; task_id: string; name: string };
  'duly.tombstones': {
    user_id: string;
    type: 'task' | 'tag';
    id: string;
    revision: bigint;
    created_at: Generated<Date>;
  };
  'duly.idempotency_keys': {
    user_id: string;
    route: string;
    key: string;
    fingerprint: Buffer;
    answer: unknown;
    created_at: Generated<Date>;
  };
}

/** The pool, or a transaction on one of its connections. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;
