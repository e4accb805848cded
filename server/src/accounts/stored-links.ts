import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** A one-time link sets a new password, confirms a new email address, or allows a registration. */
export type LinkKind = 'reset' | 'email' | 'invitation';

export interface StoredLink {
  /** A user id; of an invitation, the email address in lower case. */
  owner: string;
  /** The new address of an `email` link; '' for other kinds. */
  newEmail: string;
}

/** Only the token's hash is stored, so this is the one time that the token is available. */
export interface CreatedLink {
  id: string;
  token: string;
  createdAt: Date;
  expiresAt: Date;
}

interface LinkOptions {
  newEmail?: string;
  /** One hour by default. */
  lifetimeSeconds?: number;
}

const hourSeconds = 3_600;
/** Lifetime of links that arrive unexpectedly: invitations, and links for accounts that an admin created. */
export const weekSeconds = 7 * 24 * hourSeconds;
/** Better Auth's prefix of the identifier of a link for a new password. */
const resetPrefix = 'reset-password:';
/** The prefix of an invitation's identifier, which Better Auth deletes in the transaction of a sign-up. */
export const invitationPrefix = 'invitation:';
const prefixes = { reset: resetPrefix, email: '', invitation: invitationPrefix };
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * The stored form of a token: `kind.hash`. Better Auth also looks up the unhashed value that a client sent. With its
 * prefix that value never has this form, so a leaked hash cannot be used as a token.
 */
const hashedIdentifier = (kind: LinkKind, token: string) => `${kind}.${sha256(prefixes[kind] + token)}`;

/**
 * The same form for Better Auth, so that a link works on both surfaces. Other identifiers get Better Auth's own hash.
 */
export const betterAuthStoreIdentifier = {
  default: 'hashed' as const,
  overrides: {
    [resetPrefix]: { hash: async (text: string) => `reset.${sha256(text)}` },
    [invitationPrefix]: { hash: async (text: string) => `invitation.${sha256(text)}` },
  },
};

/**
 * Creates a link, and deletes earlier ones of the owner and kind. If two calls run at once, each in its own
 * transaction, only the newer link remains.
 * @param owner a user id; of an invitation, the email address in lower case
 */
export async function createLink(
  db: Db,
  owner: string,
  kind: LinkKind,
  { newEmail = '', lifetimeSeconds = hourSeconds }: LinkOptions = {},
): Promise<CreatedLink> {
  const id = randomBytes(16).toString('hex');
  const token = randomBytes(24).toString('base64url');
  const value = newEmail === '' ? owner : `${owner} ${newEmail}`;
  const { rows } = await sql<LinkTimes>`
    insert into better_auth.verification (id, identifier, value, "expiresAt", "createdAt")
    values (${id}, ${hashedIdentifier(kind, token)}, ${value},
      clock_timestamp() + make_interval(secs => ${lifetimeSeconds}), clock_timestamp())
    returning "createdAt", "expiresAt"`.execute(db);
  const [times] = rows;
  if (times === undefined) throw new Error('a link was not stored');
  // A separate statement after the insert: of two concurrent calls, the later snapshot has both links.
  await sql`
    with links as (
      select id, row_number() over (order by "createdAt" desc, id) as age from better_auth.verification
      where split_part(value, ' ', 1) = ${owner} and starts_with(identifier, ${`${kind}.`})
    ) delete from better_auth.verification v using links where v.id = links.id and links.age > 1`.execute(db);
  return { id, token, ...times };
}

type LinkTimes = Pick<CreatedLink, 'createdAt' | 'expiresAt'>;

interface LinkRow {
  value: string;
}

function toLink(row: LinkRow | undefined): StoredLink | null {
  if (row === undefined) return null;
  const [owner = '', newEmail = ''] = row.value.split(' ');
  return { owner, newEmail };
}

/** @returns null for an unknown, used or expired token. */
export async function findLink(db: Db, kind: LinkKind, token: string): Promise<StoredLink | null> {
  const { rows } = await sql<LinkRow>`
    select value from better_auth.verification
    where identifier = ${hashedIdentifier(kind, token)} and "expiresAt" > clock_timestamp()`.execute(db);
  return toLink(rows[0]);
}

/** Deletes and returns a link. Of concurrent calls one gets it, the others null. */
export async function consumeLink(db: Db, kind: LinkKind, token: string): Promise<StoredLink | null> {
  const { rows } = await sql<LinkRow>`
    delete from better_auth.verification
    where identifier = ${hashedIdentifier(kind, token)} and "expiresAt" > clock_timestamp() returning value`.execute(
    db,
  );
  return toLink(rows[0]);
}

/**
 * Deletes all links of an owner and log-ins that wait for a second factor. They may have been created with the previous
 * password or sent to the previous mailbox.
 */
export async function deleteLinks(db: Db, userId: string): Promise<void> {
  await sql`
    delete from better_auth.verification where split_part(value, ' ', 1) = ${userId}`.execute(db);
}
