import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';

/** The values of an entry that its hash covers. */
export interface DigestedEntry {
  user_id: string;
  actor: string | null;
  action: string;
  subject: string | null;
  outcome: string;
  count: number;
  request_id: string | null;
  address: string | null;
  salt: Buffer;
}

const atMs = sql`(extract(epoch from e.at) * 1000)::bigint`;
const jsonBytes = (...values: RawBuilder<unknown>[]) =>
  sql`convert_to(jsonb_build_array(${sql.join(values)})::text, 'UTF8')`;

/** The digest of the details. An erasure keeps it, and deletes the salt, so that nobody can guess the details. */
const detailsDigest = sql`sha256(e.salt || ${jsonBytes(sql`e.actor`, sql`e.subject`, sql`e.request_id`, sql`e.address`)})`;

const digestWith = (details: RawBuilder<unknown>) =>
  sql<Buffer>`sha256(${jsonBytes(sql`e.user_id`, atMs, sql`e.action`, sql`e.outcome`, sql`e.count`, sql`encode(${details}, 'hex')`)})`;

/**
 * SHA-256 of the entry `e` in an unambiguous form. The hash of a chain is the digest of its first entry, and from then
 * on SHA-256 of the hash before and the digest of the next entry.
 */
export const entryDigest: RawBuilder<Buffer> = digestWith(detailsDigest);

/** Entries that an older Duly wrote have no salt. */
const olderDigest = sql`sha256(${jsonBytes(sql`e.user_id`, atMs, sql`e.actor`, sql`e.action`, sql`e.subject`, sql`e.outcome`, sql`e.count`, sql`e.request_id`, sql`e.address`)})`;

const isOlder = sql`(e.salt is null and e.details_digest is null)`;
export const hasDetails = sql`num_nonnulls(e.actor, e.subject, e.request_id, e.address, e.salt) > 0`;
export const isErased = sql`(e.details_digest is not null or e.entry_digest is not null)`;

/**
 * `entryDigest` of a stored entry `e`: with details, erased, or of an older version. An erased entry that has details
 * all the same was changed: its digest fits nowhere.
 */
export const storedDigest: RawBuilder<Buffer> = sql`case
  when ${isErased} and ${hasDetails} then sha256('')
  when ${isOlder} then coalesce(e.entry_digest, ${olderDigest})
  else ${digestWith(sql`coalesce(e.details_digest, ${detailsDigest})`)} end`;

/** What an erasure sets of an entry `e`. */
export const withoutDetails = sql`actor = null, subject = null, request_id = null, address = null, salt = null,
  entry_digest = case when ${isOlder} then coalesce(e.entry_digest, ${olderDigest}) end,
  details_digest = case when not ${isOlder} then coalesce(e.details_digest, ${detailsDigest}) end`;

export const sha256 = (...chunks: (Buffer | string)[]): Buffer =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest();

/** As jsonb prints an array: `JSON.stringify` escapes the characters that jsonb escapes. */
const jsonText = (values: readonly unknown[]) =>
  `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;

/** `entryDigest`, computed in this process. */
export function digestOf(entry: DigestedEntry, at: string): Buffer {
  const { user_id, actor, action, subject, outcome, count, request_id, address, salt } = entry;
  const details = sha256(salt, jsonText([actor, subject, request_id, address])).toString('hex');
  return sha256(jsonText([user_id, Date.parse(at), action, outcome, count, details]));
}
