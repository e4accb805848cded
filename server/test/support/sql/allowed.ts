import type { IssuedStatement } from './collect.ts';
import type { Rule, Violation } from './guard.ts';

export interface GuardException {
  /** The file of `src` that issues it; undefined for the statements of Better Auth and pg-boss, from any caller. */
  from?: string;
  /** Matches its text; undefined for every statement of the file. */
  sql?: RegExp;
  /** The tables for which it may break the rules. */
  tables: string[];
  /** The rules that it may break; by default `user` and `parameter`. */
  rules?: Rule[];
  reason: string;
  /** How many rows the statement may read or change. `limit`: it has a `limit` itself. */
  bound: 'limit' | { text: string };
}

/** Statements that concern several users, or a user that no parameter names. */
export const exceptions: readonly GuardException[] = [
  {
    from: 'src/db/migrator.ts',
    tables: ['*'],
    rules: ['schema', 'user', 'parameter', 'immutable', 'lock'],
    reason: 'migrations change every row there is',
    bound: { text: 'none; once for each migration, before the service starts' },
  },
  {
    from: 'src/tokens/access-events.ts',
    sql: /from duly\.access_events\s+where xact >= \$1/,
    tables: ['access_events'],
    reason: 'every instance reads the access events of all users, by transaction',
    bound: { text: 'the events since the last look, of an hour at most; the table is in one place' },
  },
  {
    from: 'src/writes/revisions.ts',
    sql: /^select e\.id as epoch, o\.user_id, o\.revision\s+from duly\.epoch e left join duly\.owners o on o\.user_id = any\(\$1\)( where pg_is_in_recovery\(\))?$/,
    tables: ['owners'],
    reason:
      'one statement reads the revisions of all users whose requests have arrived, or who wait for changes',
    bound: { text: 'one look-up by the primary key for each user; each instance has at most four under way' },
  },
  {
    from: 'src/admin/queries.ts',
    sql: /^\s*with ids as/,
    tables: ['better_auth.user', 'owners', 'profiles', 'user_access'],
    reason: 'admins list all users',
    bound: 'limit',
  },
  {
    from: 'src/admin/invitations.ts',
    sql: /where starts_with\(identifier, 'invitation\.'\)/,
    tables: ['better_auth.verification'],
    reason: 'an invitation has no user yet; admins list them all',
    bound: { text: 'the open invitations; the table is in one place' },
  },
  {
    from: 'src/audit/pruning.ts',
    sql: /^\s*select h\.user_id from duly\.audit_heads/,
    tables: ['audit', 'audit_heads'],
    reason: 'upkeep asks which chains have old entries, to remove them user by user',
    bound: 'limit',
  },
  {
    from: 'src/audit/verify.ts',
    sql: /^\s*select .* from duly\.audit_heads\s+where .* limit \$\d+$|^\s*select .* from duly\.audit e where .* limit \$\d+$/s,
    tables: ['audit', 'audit_heads'],
    reason: 'the command that verifies the audit log reads every chain',
    bound: 'limit',
  },
  {
    from: 'src/backup/state.ts',
    tables: ['*'],
    reason: 'a backup records what the whole database holds, and its verification counts it again',
    bound: { text: 'none; by the commands of backups, on a connection of their own' },
  },
  {
    from: 'src/backup/after-restore.ts',
    tables: ['*'],
    reason: 'a restore ends every session',
    bound: { text: 'none; once for each restore, while nothing is served' },
  },
  {
    from: 'src/dump/tables.ts',
    tables: ['*'],
    reason: 'a dump reads the whole database, and a load reads back what it has stored',
    bound: { text: 'none; by the commands of dumps, on a connection of their own' },
  },
  {
    from: 'src/dump/target.ts',
    tables: ['*'],
    reason: 'a load looks for rows, of which an empty database has none',
    bound: { text: 'none; once for each load, while nothing is served' },
  },
  {
    from: 'src/dump/load.ts',
    tables: ['deliveries'],
    rules: ['user', 'parameter', 'lock'],
    reason: 'a load queues the deliveries again whose jobs were not dumped',
    bound: { text: 'those that were being sent; once for each load, while nothing is served' },
  },
  {
    from: 'src/dump/faults.ts',
    tables: ['*'],
    reason: 'a load compares the rows of all users with their revisions',
    bound: { text: 'none; once for each load, while nothing is served' },
  },
  {
    from: 'src/tasks/verify-data.ts',
    sql: /^\s*select user_id from duly\.owners where user_id > \$1 order by user_id limit \$2$/,
    tables: ['owners'],
    reason: 'the command that verifies stored tags and counts asks for all users, to check them one by one',
    bound: 'limit',
  },
  {
    from: 'src/tasks/trash.ts',
    sql: /^\s*select distinct user_id from/,
    tables: ['tasks'],
    reason: 'upkeep asks which users have something old in the trash, to purge it user by user',
    bound: 'limit',
  },
  {
    from: 'src/items/trash.ts',
    sql: /^\s*select user_id, id from "duly"\."(projects|sections|views)"\s+where deleted_at </,
    tables: ['projects', 'sections', 'views'],
    reason: 'upkeep asks what is old in the trash, to purge it one by one',
    bound: 'limit',
  },
  {
    from: 'src/db/user-batches.ts',
    sql: /^\s*select user_id from "duly"\."(tasks|tags)" where (search|tags)_version .* user_id > \$1\s+order by user_id limit 1$/s,
    tables: ['tasks', 'tags'],
    reason: 'upkeep asks for the next user with something to fold, or with tags to store',
    bound: 'limit',
  },
  {
    from: 'src/db/user-batches.ts',
    sql: /^\s*select user_id from "duly"\."channels" where secret is not null .* user_id > \$2\s+order by user_id limit 1$/s,
    tables: ['channels'],
    reason: 'upkeep asks for the next user with a secret to encrypt anew, while secrets are changed',
    bound: 'limit',
  },
  {
    from: 'src/writes/idempotency.ts',
    sql: /^\s*select distinct user_id from/,
    tables: ['idempotency_keys'],
    reason: 'upkeep asks which users have old answers, to delete them user by user',
    bound: 'limit',
  },
  {
    from: 'src/deliveries/queries.ts',
    sql: /^\s*select distinct user_id from/,
    tables: ['deliveries'],
    reason: 'upkeep asks which users have old deliveries, to delete them user by user',
    bound: 'limit',
  },
  {
    from: 'src/worker/queue.ts',
    sql: /as "remindersMs"/,
    tables: ['reminders', 'deliveries', 'profiles'],
    reason: 'a worker asks when there is work next, of any user',
    bound: 'limit',
  },
  {
    from: 'src/deliveries/operator-queries.ts',
    tables: ['deliveries'],
    reason:
      'operators list, count, retry and cancel deliveries of all users; a worker counts those that are queued',
    bound: { text: '100 in a list; else the log itself, on demand, and the index of those that are queued' },
  },
  {
    // pg-boss executes them, in the name of several callers.
    sql: /duly_jobs/,
    tables: ['*'],
    rules: ['schema', 'user', 'parameter', 'immutable', 'lock'],
    reason:
      'the queue has a schema of its own, without rows of users: its jobs hold ids; it stays on the coordinator',
    bound: { text: 'claims and results of at most 64 jobs; upkeep in batches of its own' },
  },
  {
    from: 'src/deliveries/firing.ts',
    tables: ['reminders', 'owners', 'tasks', 'channels', 'deliveries'],
    rules: ['user', 'parameter', 'lock', 'immutable'],
    reason:
      'a worker takes what is due of many users in one transaction, or on a cluster of one after the other; it skips locked rows',
    bound: { text: '500 reminders or deliveries' },
  },
  {
    from: 'src/deliveries/queries.ts',
    sql: /from (unnest\(\$1::text\[\], \$2::uuid\[\]\) as k|jsonb_to_recordset\(\$1::jsonb\) as x)/,
    tables: [
      ...['deliveries', 'reminders', 'tasks', 'projects', 'channels', 'profiles'],
      ...['user_access', 'better_auth.user'],
    ],
    reason:
      'a worker reads, and stores the results of, the deliveries that it has claimed, of many users at once',
    bound: { text: 'one look-up by the primary key for each of at most 64 deliveries' },
  },
  {
    from: 'src/feed/upkeep.ts',
    sql: /^\s*select distinct user_id from duly\.tombstones/,
    tables: ['tombstones'],
    reason: 'upkeep asks which users have old deletions, to forget them user by user',
    bound: 'limit',
  },
  {
    from: 'src/feed/upkeep.ts',
    sql: /^\s*select user_id, name from duly\.tags where \(user_id, name\) > \(\$1, \$2\)/,
    tables: ['tags'],
    reason: 'upkeep walks over all tags: where the next part ends',
    bound: 'limit',
  },
  {
    from: 'src/feed/upkeep.ts',
    sql: /^\s*select distinct g\.user_id from duly\.tags g left join duly\.task_tags tt on tt\.user_id = g\.user_id/,
    tables: ['tags', 'task_tags'],
    reason: 'upkeep walks over all tags: which users have unused ones among those of the part',
    bound: { text: 'the tags between two keys, 10,000 of them' },
  },
  {
    from: 'src/digest/schedule.ts',
    sql: /^\s*select (user_id|.* as next_at) from duly\.profiles\s+where digest_next_at .* order by digest_next_at limit/s,
    tables: ['profiles'],
    reason: 'the worker asks whose digest is due, to handle them user by user, and when the next one will be',
    bound: 'limit',
  },
  {
    from: 'src/accounts/sessions.ts',
    sql: /^\s*delete from better_auth\.session where id in/,
    tables: ['better_auth.session'],
    reason: 'a job deletes expired sessions of all users',
    bound: 'limit',
  },
  {
    from: 'src/erasure/queries.ts',
    sql: /from duly\.erasures where|^update duly\.erasures set user_id = null/,
    tables: ['erasures'],
    reason: 'a start and a job follow the list of all erasures; a finished one forgets its user',
    bound: {
      text: 'those that are under way; at a start all that there ever were; the table is in one place',
    },
  },
  {
    from: 'src/erasure/queries.ts',
    sql: /as users\s+\) as hashed where hash = any/,
    tables: ['owners', 'better_auth.user', 'user_access', 'audit_heads'],
    reason: 'the list has hashes of user ids only: after a restore each user is compared with it',
    bound: { text: 'every user id once, after a restore only' },
  },
  {
    from: 'src/accounts/stored-links.ts',
    sql: /where split_part\(value, ' ', 1\) = \$/,
    tables: ['better_auth.verification'],
    reason: 'the user is the first word of the value',
    bound: { text: 'the links that have not expired; the table is in one place' },
  },
  {
    sql: /^(select .* from \(select \*|delete) from "better_auth"\."verification" where "better_auth"\."verification"\."expiresAt" < \$1/,
    tables: ['better_auth.verification'],
    reason: 'Better Auth deletes what has expired',
    bound: { text: 'what expired since the last time; the table is in one place' },
  },
];

const userRules: Rule[] = ['user', 'parameter'];

export function isAllowed({ from, sql }: IssuedStatement, { table, rule }: Violation): boolean {
  return exceptions.some(
    (one) =>
      (one.from === undefined || one.from === from) &&
      (one.sql === undefined || one.sql.test(sql)) &&
      (one.tables.includes(table) || one.tables.includes('*')) &&
      (one.rules ?? userRules).includes(rule) &&
      (one.bound !== 'limit' || /\blimit [$\d]/.test(sql)),
  );
}
