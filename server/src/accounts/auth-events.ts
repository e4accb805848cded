import type { AuditCounts } from '../audit/counts.ts';
import type { AuditEntry } from '../audit/model.ts';
import { appendAudit } from '../audit/queries.ts';
import { isAuditRefusal, type RefusedEntries } from '../audit/refused-entries.ts';
import type { Db } from '../db/schema.ts';
import { auditUnavailable } from '../platform/errors.ts';
import type { BetterAuth } from './better-auth.ts';

/** What recording takes; the context of the service has it. */
interface AuthEventContext {
  db: Db;
  betterAuth: BetterAuth;
  auditCounts: AuditCounts;
  refusedEntries: RefusedEntries;
}

/** Something done about an account on the way in or out of it: a log-in, a sign-out, a change of password. */
export interface AuthEvent extends Pick<AuditEntry, 'origin' | 'action' | 'outcome'> {
  /** The account, where it is known. */
  userId?: string | null;
  /** The address the attempt named, which says whose account it was about. */
  email?: string | null;
}

/**
 * Writes the audit entry of an attempt: into the chain of the account, else into the service's. An attempt that named
 * an address costs the same whether or not there is such an account; strangers who name none are only counted.
 */
export async function recordAuthEvent(ctx: AuthEventContext, event: AuthEvent): Promise<void> {
  const { origin, action, outcome, email = null } = event;
  const userId = event.userId ?? (email === null ? null : await findAccountIdByEmail(ctx, email)) ?? '';
  const entry = { userId, origin, action, outcome };
  if (userId === '' && email === null) ctx.auditCounts.add(entry);
  else await appendEntry(ctx, entry);
}

/** A refused entry is kept apart from the chains, which is not enough to let anybody in. */
async function appendEntry({ db, refusedEntries }: AuthEventContext, entry: AuditEntry): Promise<void> {
  try {
    await appendAudit(db, [entry]);
  } catch (error) {
    if (!isAuditRefusal(error)) throw error;
    await refusedEntries.keep('attempt', [entry], error);
    throw auditUnavailable(error);
  }
}

async function findAccountIdByEmail({ betterAuth }: AuthEventContext, email: string): Promise<string | null> {
  const { internalAdapter } = await betterAuth.$context;
  return (await internalAdapter.findUserByEmail(email.toLowerCase()))?.user.id ?? null;
}
