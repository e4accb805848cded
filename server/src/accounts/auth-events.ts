import type { AuditCounts } from '../audit/counts.ts';
import type { AuditEntry } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import { isAuditRefusal, type RefusedEntries } from '../audit/refused-entries.ts';
import type { Db } from '../db/schema.ts';
import { auditUnavailable } from '../platform/errors.ts';
import type { LoadBetterAuth } from './lazy-better-auth.ts';

interface AuthEventContext {
  db: Db;
  betterAuth: LoadBetterAuth;
  auditCounts: AuditCounts;
  refusedEntries: RefusedEntries;
}

/** A log-in, sign-out or change of password, successful or not. */
export interface AuthEvent extends Pick<AuditEntry, 'origin' | 'action' | 'outcome'> {
  /** The id of the account, if known. */
  userId?: string | null;
  /** The email address in the request, by which the account is found. */
  email?: string | null;
}

/**
 * Appends the audit entry to the account's chain, or to the service's if there is no such account. Both take as long,
 * so that time does not reveal which email addresses have accounts. Events without user and email address are only
 * counted.
 * @throws AppError SERVICE_UNAVAILABLE when the database refuses the entry
 */
export async function recordAuthEvent(ctx: AuthEventContext, event: AuthEvent): Promise<void> {
  const { origin, action, outcome, email = null } = event;
  const userId = event.userId ?? (email === null ? null : await findAccountIdByEmail(ctx, email)) ?? '';
  const entry = { userId, origin, action, outcome };
  if (userId === '' && email === null) ctx.auditCounts.add(entry);
  else await appendEntry(ctx, entry);
}

/** A refused entry is stored outside the chains. The request fails all the same: no log-in without a chained entry. */
async function appendEntry({ db, refusedEntries }: AuthEventContext, entry: AuditEntry): Promise<void> {
  try {
    await appendAudit(db, [entry]);
  } catch (error) {
    if (!isAuditRefusal(error)) throw error;
    await refusedEntries.store('attempt', [entry], error);
    throw auditUnavailable(error);
  }
}

async function findAccountIdByEmail({ betterAuth }: AuthEventContext, email: string): Promise<string | null> {
  const { internalAdapter } = await (await betterAuth()).$context;
  return (await internalAdapter.findUserByEmail(email.toLowerCase()))?.user.id ?? null;
}
