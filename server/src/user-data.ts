import type { Expression, RawBuilder } from 'kysely';
import { type NounType, nouns } from './feed/model.ts';

/** What of a table an export has: all columns, all but these, or nothing; and why. */
type ExportHandling = 'include' | { omit: string } | { without: readonly string[]; reason: string };

/** What becomes of the user's rows of a table that belongs to no noun. */
interface Handling {
  reason: string;
  export: ExportHandling;
  /** The name of its list in the export; the table's name by default. */
  exportedName?: string;
  /**
   * `delete`: the rows go; `clear`: they stay, these columns become null; `keep`: they stay; `expire`: they stay until
   * their time is over; `details`: they stay, but say only what happened, when, and how it ended.
   */
  erasure: 'delete' | 'keep' | 'expire' | 'details' | { clear: readonly string[] };
}

/** Rows of a noun, which are exported without some columns and erased with it. */
interface NounTable {
  noun: NounType;
  export: ExportHandling;
  /** Columns that follow from others: no export has them. */
  derived: readonly string[];
  exportedAs?: ((userId: Expression<unknown>) => Readonly<Record<string, RawBuilder<unknown>>>) | undefined;
}

/** What a table has: rows of a noun; other data of users; or no data of users, and why. */
export type TableEntry = NounTable | Handling | { notOfUsers: string };

interface ExportedNoun {
  type: NounType;
  tables: readonly string[];
  secretColumns?: readonly string[];
  derived?: { columns?: readonly string[]; tables?: readonly string[] };
  exportedAs?: NounTable['exportedAs'];
}

const secret = 'a secret of the service or of another server';

function nounTable({ type, secretColumns = [], derived = {}, exportedAs }: ExportedNoun, name: string) {
  const isDerived = derived.tables?.includes(name) ?? false;
  const withoutSecrets: ExportHandling =
    secretColumns.length === 0 ? 'include' : { without: secretColumns, reason: secret };
  const entry: NounTable = {
    noun: type,
    export: isDerived ? { omit: 'other lists have the same' } : withoutSecrets,
    derived: isDerived ? [] : (derived.columns ?? []),
    exportedAs,
  };
  return entry;
}

/**
 * Every table of the database, and what an export and an erasure do to it. An export holds no secret and no hash of
 * one. An erasure leaves opaque ids, but no content of the user's. The suite fails when a table is missing here.
 */
export const tables: Readonly<Record<string, TableEntry>> = {
  ...Object.fromEntries(
    nouns.flatMap((noun: ExportedNoun) => noun.tables.map((name) => [name, nounTable(noun, name)])),
  ),

  'duly.owners': {
    reason: 'a revision must never start over: caches and cursors of before would look valid again',
    export: { omit: 'a counter of this service, which means nothing elsewhere' },
    erasure: 'keep',
  },
  'duly.tombstones': {
    reason: 'ids of deleted tasks and names of deleted tags; owners.feed_from moves past them',
    export: { omit: 'marks of what was deleted, for clients of this service' },
    erasure: 'delete',
  },
  'duly.idempotency_keys': {
    reason: 'stored responses repeat what nouns export',
    export: { omit: 'answers of the last 24 hours, which repeat what other lists have' },
    erasure: 'delete',
  },
  'duly.audit': {
    reason: 'append-only evidence, chained by hashes: ids and addresses, no content',
    export: {
      without: ['salt', 'details_digest', 'entry_digest'],
      reason: 'what proves the hashes, which means nothing elsewhere',
    },
    erasure: 'details',
  },
  'duly.audit_heads': {
    reason: 'the newest hash of a chain; without it the end of the chain could be cut off',
    export: { omit: 'the newest hash of the audit log, which its last entry has too' },
    erasure: 'keep',
  },
  'duly.audit_refused': {
    reason: 'append-only; entries that no chain took, which name their user in JSON',
    export: { omit: 'entries that the audit log could not take; they have no content' },
    erasure: 'details',
  },
  'duly.user_access': {
    reason: 'tokens of other issuers stay refused: an erasure sets tokens_valid_from',
    export: 'include',
    exportedName: 'access',
    erasure: { clear: ['ban_reason'] },
  },
  'duly.revoked_tokens': {
    reason: 'a revoked token must stay refused until it expires; only its hash is stored',
    export: { omit: 'hashes of tokens that were signed out' },
    erasure: 'expire',
  },
  'duly.access_events': {
    reason: 'tells other instances which tokens to refuse, for an hour; ids only',
    export: { omit: 'news for other processes, kept for an hour' },
    erasure: 'expire',
  },
  'duly.erasures': {
    reason: 'who was erased, by a hash; the user id only until nothing is left',
    export: { omit: 'of users who are erased' },
    erasure: 'keep',
  },
  'duly.deliveries': {
    reason: 'the log of what was sent; ids and classes of failures, no content',
    export: 'include',
    erasure: 'delete',
  },
  'better_auth.user': {
    reason: 'the account: names, address and role, which the profile shows',
    export: 'include',
    exportedName: 'account',
    erasure: 'delete',
  },
  'better_auth.account': {
    reason: 'the hash of the password, or tokens of a provider',
    export: { without: ['accessToken', 'refreshToken', 'idToken', 'password'], reason: secret },
    exportedName: 'credentials',
    erasure: 'delete',
  },
  'better_auth.session': {
    reason: 'addresses and user agents of log-ins',
    export: { without: ['token'], reason: secret },
    exportedName: 'sessions',
    erasure: 'delete',
  },
  'better_auth.twoFactor': {
    reason: 'the secret of the second factor',
    export: { omit: secret },
    exportedName: 'second_factors',
    erasure: 'delete',
  },
  'better_auth.verification': {
    reason: "links under way, found by their value's first word: a user id or an invited address",
    export: { omit: 'hashes of links under way, and the addresses that they confirm' },
    exportedName: 'links',
    erasure: 'delete',
  },

  'better_auth.jwks': { notOfUsers: 'keys of the service' },
  'duly.push_keys': { notOfUsers: 'the key pair of the service for Web Push' },
  'duly.epoch': { notOfUsers: 'identity of the database' },
  'duly.schema_migrations': { notOfUsers: 'versions of the schema' },
  'duly.service_lock': { notOfUsers: 'state of the service' },
};
