import { sql } from 'kysely';
import type { Secrets } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { findNextUser, toUserBatch, type UserBatch, userBatchSize } from '../db/user-batches.ts';
import { sealPrefixOf } from '../platform/sealed-text.ts';
import { openSecret, sealSecret } from './secrets.ts';

/** Seals secrets of one user's channels with the newest secret of the service. It is no change: the revision stays. */
export const resealChannels =
  (secrets: Secrets) =>
  (db: Db, after: string): Promise<UserBatch> =>
    inTransaction(db, async (tx) => {
      const isOlder = sql`secret is not null and not starts_with(secret, ${sealPrefixOf(secrets)})`;
      const userId = await findNextUser(tx, 'duly.channels', isOlder, after);
      if (userId === null) return { count: 0, after: null };
      const { rows } = await sql<{ id: string; secret: string }>`
        select id, secret from duly.channels where user_id = ${userId} and ${isOlder}
        limit ${userBatchSize} for no key update skip locked`.execute(tx);
      const resealed = rows.flatMap(({ id, secret }) => {
        const place = { userId, channelId: id };
        const opened = openSecret(secrets, place, secret);
        return opened === null ? [] : [{ id, secret: sealSecret(secrets, place, opened) }];
      });
      if (resealed.length > 0)
        await sql`
          update duly.channels as c set secret = resealed.secret
          from jsonb_to_recordset(${JSON.stringify(resealed)}::jsonb) as resealed (id uuid, secret text)
          where c.user_id = ${userId} and c.id = resealed.id`.execute(tx);
      return { ...toUserBatch(rows.length, after, userId), count: resealed.length };
    });
