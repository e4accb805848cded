import type { AuthSettings } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import type { MailContent } from '../mail/document.ts';
import { digestMail } from './digest-mail.ts';
import { findDigestReader, findDigestTasks } from './queries.ts';
import { unsubscribeUrl } from './unsubscribe.ts';

export interface DigestContent extends MailContent {
  /** The verified address of the account. */
  to: string;
  headers: Record<string, string>;
}

/**
 * The digest of a user as it is now.
 * @returns null when there is nothing to say, or the user gets no digest
 */
export async function composeDigest(
  db: Db,
  userId: string,
  auth: AuthSettings,
  now: Date,
): Promise<DigestContent | null> {
  const reader = await findDigestReader(db, userId);
  if (reader === null) return null;
  const { email, locale, time_zone: timeZone, digest_hour: hour } = reader;
  const tasks = await findDigestTasks(db, userId, { zone: timeZone, now });
  if (tasks.length === 0) return null;
  const url = unsubscribeUrl(auth, userId);
  return {
    ...digestMail({ locale, timeZone, hour, now, tasks, unsubscribeUrl: url }),
    to: email,
    headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };
}
