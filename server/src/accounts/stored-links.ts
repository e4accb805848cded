import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** What the holder of a link may do: set a new password, make an address the account's, or make an account. */
export type LinkKind = 'reset' | 'email' | 'invitation';

export interface StoredLink {
  owner: string;
  /** The new address, of an `email` link. */
  newEmail: string;
}

/** A link that was just made; only its hash is stored. */
export interface CreatedLink {
  id: string;
  token: string;
  createdAt: Date;
  expiresAt: Date;
}

interface LinkOptions {
  newEmail?: string;
  lifetimeSeconds?: number;
}

const hourSeconds = 3_600;
/** For somebody who does not wait for the link: an invited person, or the owner of an account that an admin made. */
export const weekSeconds = 7 * 24 * hourSeconds;
/** How Better Auth names the token of a link for a new password. */
const resetPrefix = 'reset-password:';
/** The same of an invitation, which Better Auth uses up in the transaction of a sign-up. */
export const invitationPrefix = 'invitation:';
const prefixes = { reset: resetPrefix, email: '', invitation: invitationPrefix };
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * What is stored of a link's token. Nothing that a caller sends can take this form: Better Auth also looks for what it
 * was sent as it is, and a stored hash must not open anything.
 */
const storedIdentifier = (kind: LinkKind, token: string) => `${kind}.${sha256(prefixes[kind] + token)}`;

/** The same for Better Auth, so that a link works on both faces; the rest it keeps behind hashes of its own. */
export const storeIdentifier = {
  default: 'hashed' as const,
  overrides: {
    [resetPrefix]: { hash: async (text: string) => `reset.${sha256(text)}` },
    [invitationPrefix]: { hash: async (text: string) => `invitation.${sha256(text)}` },
  },
};

/**
 * Makes the one link of its kind that is good from now on.
 * @param owner a user's id; of an invitation, the address in lower case
 */
export async function createLink(
  db: Db,
  owner: string,
  kind: LinkKind,
  { newEmail: detail = '', lifetimeSeconds = hourSeconds }: LinkOptions = {},
): Promise<CreatedLink> {
  const id = randomBytes(16).toString('hex');
  const token = randomBytes(24).toString('base64url');
  const value = detail === '' ? owner : `${owner} ${detail}`;
  const { rows } = await sql<LinkTimes>`
    insert into better_auth.verification (id, identifier, value, "expiresAt", "createdAt")
    values (${id}, ${storedIdentifier(kind, token)}, ${value},
      clock_timestamp() + make_interval(secs => ${lifetimeSeconds}), clock_timestamp())
    returning "createdAt", "expiresAt"`.execute(db);
  const [times] = rows;
  if (times === undefined) throw new Error('a link was not stored');
  // After it is stored: of two that are made at once, the later look sees both.
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
  const [userId = '', detail = ''] = row.value.split(' ');
  return { owner: userId, newEmail: detail };
}

export async function findLink(db: Db, kind: LinkKind, token: string): Promise<StoredLink | null> {
  const { rows } = await sql<LinkRow>`
    select value from better_auth.verification
    where identifier = ${storedIdentifier(kind, token)} and "expiresAt" > clock_timestamp()`.execute(db);
  return toLink(rows[0]);
}

/** Uses a link up: of several who try at once, one gets it. */
export async function consumeLink(db: Db, kind: LinkKind, token: string): Promise<StoredLink | null> {
  const { rows } = await sql<LinkRow>`
    delete from better_auth.verification
    where identifier = ${storedIdentifier(kind, token)} and "expiresAt" > clock_timestamp() returning value`.execute(
    db,
  );
  return toLink(rows[0]);
}

/**
 * Ends all links of a user, and log-ins that wait for a second factor: whoever got one with the password or the mailbox
 * from before.
 */
export async function deleteLinks(db: Db, userId: string): Promise<void> {
  await sql`
    delete from better_auth.verification where split_part(value, ' ', 1) = ${userId}`.execute(db);
}
