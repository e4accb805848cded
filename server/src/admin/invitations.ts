import { sql } from 'kysely';
import { invitationUrl } from '../accounts/link-urls.ts';
import { createLink, weekSeconds } from '../accounts/stored-links.ts';
import type { AuditOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Mailer } from '../mail/mailer.ts';
import { invitationMail } from '../mail/templates.ts';
import { emailTaken, notFound } from '../platform/errors.ts';
import type { Invitation, InvitationListQuery, NewInvitation } from './model.ts';
import { findAccountId } from './queries.ts';

/** Entries about invitations belong to the service's chain, as there is no user yet. */
const recordInvitationAction = (db: Db, origin: AuditOrigin, action: string, subject: string | null = null) =>
  appendAudit(db, [{ userId: '', origin, action, subject, outcome: 'success' }]);

/**
 * Creates an invitation that is valid for a week, deletes an earlier one of the email address, and queues the mail.
 * @throws AppError EMAIL_TAKEN when the email address has an account
 */
export async function createInvitation(
  config: Config,
  db: Db,
  mailer: Mailer,
  origin: AuditOrigin,
  input: string,
): Promise<NewInvitation> {
  const email = input.toLowerCase();
  if ((await findAccountId(db, email)) !== null) throw emailTaken();
  const link = await createLink(db, email, 'invitation', { lifetimeSeconds: weekSeconds });
  await recordInvitationAction(db, origin, 'admin.invitation.create', link.id);
  const { id, token } = link;
  const url = invitationUrl(config, token, email);
  mailer.send(invitationMail(email, url));
  return { ...toInvitation({ ...link, email }), id, token, url };
}

interface InvitationRow {
  id: string;
  email: string;
  createdAt: Date;
  expiresAt: Date;
}

const toInvitation = ({ id, email, createdAt, expiresAt }: InvitationRow): Invitation => ({
  id,
  email,
  created_at: createdAt.toISOString(),
  expires_at: expiresAt.toISOString(),
});

const isValidInvitation = sql`starts_with(identifier, 'invitation.') and "expiresAt" > clock_timestamp()`;

/**
 * The valid invitations in the order of their ids. The view is audited first.
 * @returns up to `limit + 1`; the surplus one shows that there is a next page
 */
export async function listInvitations(
  db: Db,
  origin: AuditOrigin,
  { limit, after = '' }: InvitationListQuery,
): Promise<Invitation[]> {
  await recordInvitationAction(db, origin, 'admin.invitation.list');
  const { rows } = await sql<InvitationRow>`
    select id, value as email, "createdAt", "expiresAt" from better_auth.verification
    where ${isValidInvitation} and id collate "C" > ${after}
    order by id collate "C" limit ${limit + 1}`.execute(db);
  return rows.map(toInvitation);
}

export async function findInvitationId(db: Db, email: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select id from better_auth.verification
    where ${isValidInvitation} and split_part(value, ' ', 1) = ${email.toLowerCase()}`.execute(db);
  return rows[0]?.id ?? null;
}

/** @throws AppError NOT_FOUND for a used, expired or unknown invitation. */
export function revokeInvitation(db: Db, origin: AuditOrigin, id: string): Promise<void> {
  return inTransaction(db, async (tx) => {
    const { numAffectedRows } = await sql`
      delete from better_auth.verification where ${isValidInvitation} and id = ${id}`.execute(tx);
    if (numAffectedRows === 0n) throw notFound('Invitation');
    await recordInvitationAction(tx, origin, 'admin.invitation.revoke', id);
  });
}
