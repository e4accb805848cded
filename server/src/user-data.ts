import { type NounType, nouns } from './feed/model.ts';

/** What becomes of the user's rows of a table that belongs to no noun. */
interface Handling {
  reason: string;
  /** `include`: all columns; `without`: all but these; `omit`: nothing. */
  export: 'include' | 'omit' | { without: readonly string[] };
  /**
   * `delete`: the rows go; `clear`: they stay, these columns become null; `keep`: they stay; `expire`: they stay until
   * their time is over.
   */
  erasure: 'delete' | 'keep' | 'expire' | { clear: readonly string[] };
}

/**
 * Rows of a noun, which are exported without some columns and erased with it; other data of users; or no user data, and
 * why.
 */
export type TableEntry = { noun: NounType; without: readonly string[] } | Handling | { notOfUsers: string };

const secretColumnsOf = ({ secretColumns = [] }: { secretColumns?: readonly string[] }) => secretColumns;

/**
 * Every table of the database, and what an export and an erasure do to it. An export holds no secret and no hash of
 * one. An erasure leaves opaque ids, but no content of the user's. The suite fails when a table is missing here.
 */
export const tables: Readonly<Record<string, TableEntry>> = {
  ...Object.fromEntries(
    nouns.flatMap(({ type, tables, ...noun }) =>
      tables.map((name) => [name, { noun: type, without: secretColumnsOf(noun) }]),
    ),
  ),

  'duly.owners': {
    reason: 'a revision must never start over: caches and cursors of before would look valid again',
    export: 'omit',
    erasure: 'keep',
  },
  'duly.tombstones': {
    reason: 'ids of deleted tasks and names of deleted tags; owners.feed_from moves past them',
    export: 'omit',
    erasure: 'delete',
  },
  'duly.idempotency_keys': {
    reason: 'stored responses repeat what nouns export',
    export: 'omit',
    erasure: 'delete',
  },
  'duly.audit': {
    reason: 'append-only evidence, chained by hashes: ids and addresses, no content',
    export: 'include',
    erasure: 'keep',
  },
  'duly.audit_heads': {
    reason: 'the newest hash of a chain; without it the end of the chain could be cut off',
    export: 'omit',
    erasure: 'keep',
  },
  'duly.audit_refused': {
    reason: 'append-only; entries that no chain took, which name their user in JSON',
    export: 'omit',
    erasure: 'keep',
  },
  'duly.user_access': {
    reason: 'tokens of other issuers stay refused: an erasure sets tokens_valid_from',
    export: 'include',
    erasure: { clear: ['ban_reason'] },
  },
  'duly.revoked_tokens': {
    reason: 'a revoked token must stay refused until it expires; only its hash is stored',
    export: 'omit',
    erasure: 'expire',
  },
  'duly.access_events': {
    reason: 'tells other instances which tokens to refuse, for an hour; ids only',
    export: 'omit',
    erasure: 'expire',
  },
  'duly.deliveries': {
    reason: 'the log of what was sent; ids and classes of failures, no content',
    export: 'include',
    erasure: 'delete',
  },
  'better_auth.user': {
    reason: 'the account: names, address and role, which the profile shows',
    export: 'include',
    erasure: 'delete',
  },
  'better_auth.account': {
    reason: 'the hash of the password, or tokens of a provider',
    export: { without: ['accessToken', 'refreshToken', 'idToken', 'password'] },
    erasure: 'delete',
  },
  'better_auth.session': {
    reason: 'addresses and user agents of log-ins',
    export: { without: ['token'] },
    erasure: 'delete',
  },
  'better_auth.twoFactor': {
    reason: 'the secret of the second factor',
    export: 'omit',
    erasure: 'delete',
  },
  'better_auth.verification': {
    reason: "links under way, found by their value's first word: a user id or an invited address",
    export: 'omit',
    erasure: 'delete',
  },

  'better_auth.jwks': { notOfUsers: 'keys of the service' },
  'duly.push_keys': { notOfUsers: 'the key pair of the service for Web Push' },
  'duly.epoch': { notOfUsers: 'identity of the database' },
  'duly.schema_migrations': { notOfUsers: 'versions of the schema' },
  'duly.service_lock': { notOfUsers: 'state of the service' },
};
