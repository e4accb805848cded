import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import type { ChannelType } from '../senders/model.ts';
import type { Delivery, DeliveryStatus } from './model.ts';

/** For the command line: deliveries of all users. */
export interface ListedDelivery {
  id: string;
  user_id: string;
  kind: Delivery['kind'];
  channel_type: ChannelType;
  status: DeliveryStatus;
  attempts: number;
  scheduled_at: Date;
  next_try_at: Date | null;
  error: string | null;
}

const listed = sql`id, user_id, kind, channel_type, status, attempts, scheduled_at, next_try_at, error`;

/** The newest deliveries with a status. */
export async function listNewestDeliveries(
  db: Db,
  status: DeliveryStatus,
  limit: number,
): Promise<ListedDelivery[]> {
  const { rows } = await sql<ListedDelivery>`
    select ${listed} from duly.deliveries where status = ${status} order by created_at desc limit ${limit}`.execute(
    db,
  );
  return rows;
}

export interface DeliveryCount {
  kind: Delivery['kind'];
  channel_type: ChannelType;
  status: DeliveryStatus;
  count: number;
}

export async function countDeliveries(db: Db): Promise<DeliveryCount[]> {
  const { rows } = await sql<DeliveryCount>`
    select kind, channel_type, status, count(*)::int as count from duly.deliveries
    group by kind, channel_type, status order by kind, channel_type, status`.execute(db);
  return rows;
}

/** Counts deliveries that wait for an attempt or are being sent, by a partial index. */
export async function countQueuedDeliveries(db: Db): Promise<Omit<DeliveryCount, 'status'>[]> {
  const { rows } = await sql<DeliveryCount>`
    select kind, channel_type, count(*)::int as count from duly.deliveries
    where status = 'queued' group by kind, channel_type`.execute(db);
  return rows;
}

/** Which deliveries a command is about: one, or all of a status. */
export type DeliveryChoice = { id: string } | { status: DeliveryStatus };

const isChosen = (choice: DeliveryChoice) =>
  'id' in choice ? sql<SqlBool>`id = ${choice.id}` : sql<SqlBool>`status = ${choice.status}`;

/**
 * Queues deliveries again for an attempt now. A choice by status leaves out those that are being sent already.
 * @returns their users, one for each delivery
 */
export async function retryDeliveries(tx: Tx, choice: DeliveryChoice): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    update duly.deliveries set status = 'queued', next_try_at = now(), finished_at = null
    where ${isChosen(choice)} and status <> 'sent' and ${isWaiting(choice)} returning user_id`.execute(tx);
  return rows.map(({ user_id }) => user_id);
}

/** A choice by id also takes a delivery that is being sent: its job may be lost. */
const isWaiting = (choice: DeliveryChoice) =>
  'id' in choice ? sql<SqlBool>`true` : sql<SqlBool>`(status <> 'queued' or next_try_at is not null)`;

/**
 * Cancels deliveries that are queued.
 * @returns their users, one for each delivery
 */
export async function cancelDeliveries(tx: Tx, choice: DeliveryChoice): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    update duly.deliveries set status = 'cancelled', error = 'by_operator', next_try_at = null, finished_at = now()
    where ${isChosen(choice)} and status = 'queued' returning user_id`.execute(tx);
  return rows.map(({ user_id }) => user_id);
}
