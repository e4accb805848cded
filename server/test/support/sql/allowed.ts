import type { IssuedStatement } from './collect.ts';
import type { Violation } from './guard.ts';

interface GuardException {
  /** The file of `src` that asks; undefined for what Better Auth asks, whoever called it. */
  from?: string;
  /** What it asks; undefined for everything there. */
  sql?: RegExp;
  /** The tables that it may touch without saying whose rows. */
  tables: string[];
  because: string;
}

/** Statements that are about no one user. */
const exceptions: GuardException[] = [
  {
    from: 'src/db/migrator.ts',
    tables: ['*'],
    because: 'migrations change every row there is',
  },
  {
    from: 'src/tokens/access-events.ts',
    sql: /from duly\.access_events\s+where xact >= \$1/,
    tables: ['access_events'],
    because: 'every instance hears of every change, by transaction',
  },
  {
    from: 'src/writes/revisions.ts',
    sql: /^select e\.id as epoch, o\.user_id, o\.revision\s+from duly\.epoch e left join duly\.owners o on o\.user_id = any\(\$1\)( where pg_is_in_recovery\(\))?$/,
    tables: ['owners'],
    because: 'one statement reads the revisions of everybody whose requests have arrived',
  },
  {
    from: 'src/admin/queries.ts',
    sql: /^\s*with ids as/,
    tables: ['better_auth.user', 'owners', 'profiles', 'user_access'],
    because: 'admins list all users',
  },
  {
    from: 'src/admin/invitations.ts',
    sql: /where starts_with\(identifier, 'invitation\.'\)/,
    tables: ['better_auth.verification'],
    because: 'an invitation has no user yet; admins list them all',
  },
  {
    from: 'src/audit/verify.ts',
    tables: ['audit', 'audit_heads'],
    because: 'the command that verifies the audit log reads every chain',
  },
  {
    from: 'src/tasks/trash.ts',
    sql: /^\s*select distinct user_id from/,
    tables: ['tasks'],
    because: 'upkeep asks who has something old in the trash, to purge it user by user',
  },
  {
    from: 'src/tasks/refold.ts',
    sql: /^\s*select user_id, id, title, description from duly\.tasks where search_version/,
    tables: ['tasks'],
    because: 'a job folds what is to be folded, whose ever it is',
  },
  {
    from: 'src/tags/refold.ts',
    sql: /^\s*select user_id, name from duly\.tags where search_version/,
    tables: ['tags'],
    because: 'the same of tags',
  },
  {
    from: 'src/writes/idempotency.ts',
    sql: /^\s*delete from duly\.idempotency_keys as k using/,
    tables: ['idempotency_keys'],
    because: 'upkeep forgets what is old, whoever asked for it',
  },
  {
    from: 'src/feed/upkeep.ts',
    sql: /^\s*select distinct user_id from duly\.tombstones/,
    tables: ['tombstones'],
    because: 'a job finds out whose deletions are to be forgotten',
  },
  {
    from: 'src/feed/upkeep.ts',
    sql: /^\s*with part as \(\s*select user_id, name from duly\.tags/,
    tables: ['tags', 'task_tags'],
    because: 'a job finds out whose tags are not in use',
  },
  {
    from: 'src/accounts/stored-links.ts',
    sql: /where split_part\(value, ' ', 1\) = \$/,
    tables: ['better_auth.verification'],
    because: 'the user is the first word of the value',
  },
  {
    sql: /^(select .* from \(select \*|delete) from "better_auth"\."verification" where "better_auth"\."verification"\."expiresAt" < \$1/,
    tables: ['better_auth.verification'],
    because: 'Better Auth forgets what has expired',
  },
];

export function isAllowed({ from, sql }: IssuedStatement, { table }: Violation): boolean {
  return exceptions.some(
    (one) =>
      (one.from === undefined || one.from === from) &&
      (one.sql === undefined || one.sql.test(sql)) &&
      (one.tables.includes(table) || one.tables.includes('*')),
  );
}
