import type { AuthSettings } from '../config/auth.ts';
import type { Db, Tx } from '../db/schema.ts';
import { type Fired, insertDigestDelivery, type ReadyDelivery } from '../deliveries/firing.ts';
import type { DeliveryState } from '../deliveries/queries.ts';
import { composeDigest } from '../digest/compose.ts';
import { advanceDigest, findDueDigests } from '../digest/schedule.ts';
import type { Message } from '../senders/model.ts';

const batchSize = 50;

/** Makes the deliveries of digests that are due. Users are locked in the order of their ids: so no workers deadlock. */
export async function fireDigests(tx: Tx): Promise<Fired> {
  const now = new Date();
  const userIds = (await findDueDigests(tx, now, batchSize)).sort();
  const deliveries: ReadyDelivery[] = [];
  for (const userId of userIds) {
    const dueAt = await advanceDigest(tx, userId, now);
    if (dueAt !== null) deliveries.push(await insertDigestDelivery(tx, userId, dueAt));
  }
  return { userIds: [], count: userIds.length, deliveries };
}

/** The digest as it is now; null if there is nothing to say. */
export async function digestMessage(
  db: Db,
  { userId, deliveryId: id, scheduledAt }: DeliveryState,
  auth: AuthSettings,
): Promise<Message | null> {
  const digest = await composeDigest(db, userId, auth, new Date());
  if (digest === null) return null;
  const { subject, text, html, headers } = digest;
  return {
    id,
    mail: { subject, text, html, headers },
    webhook: { type: 'digest', timestamp: scheduledAt.toISOString(), data: {} },
    push: { id, title: subject, body: '' },
  };
}
