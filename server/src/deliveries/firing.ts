import { sql } from 'kysely';
import type { Tx } from '../db/schema.ts';
import type { ChannelType } from '../senders/model.ts';

/** How many reminders or deliveries one transaction takes. Their users' writes wait for it, some 50 ms. */
export const firingBatchSize = 500;

/** A delivery that is to be sent now. */
export interface ReadyDelivery {
  userId: string;
  deliveryId: string;
  channelType: ChannelType;
  /** Of a webhook; of push, the origin of the push service. */
  url: string | null;
}

export interface Fired {
  /** Whose revision was raised. */
  userIds: string[];
  /** How many reminders or digests; 0: there are no more. */
  count: number;
  deliveries: ReadyDelivery[];
}

interface ReadyRow {
  user_id: string;
  delivery_id: string;
  channel_type: ChannelType;
  url: string | null;
}

const toReadyDelivery = ({ user_id, delivery_id, channel_type, url }: ReadyRow): ReadyDelivery => ({
  userId: user_id,
  deliveryId: delivery_id,
  channelType: channel_type,
  url,
});

/** A reminder, or a delivery of one. */
type FiredRow = ReadyRow | { user_id: string; delivery_id: null };

/**
 * Fires reminders whose time has come: raises the revision of their users, and makes a delivery for each channel.
 * Locks the users' rows first, as every write does, and skips users that a write or another worker has locked.
 */
export async function fireReminders(tx: Tx): Promise<Fired> {
  const due = await sql<{ user_id: string; id: string }>`
    select r.user_id, r.id from duly.reminders as r join duly.owners as o on o.user_id = r.user_id
    where r.next_at <= now() order by r.next_at limit ${firingBatchSize} for update of o skip locked`.execute(
    tx,
  );
  if (due.rows.length === 0) return { userIds: [], count: 0, deliveries: [] };
  const { rows } = await fireLocked(
    due.rows.map(({ user_id }) => user_id),
    due.rows.map(({ id }) => id),
  ).execute(tx);
  const deliveries = rows.flatMap((row) => (row.delivery_id === null ? [] : [toReadyDelivery(row)]));
  return {
    userIds: [...new Set(rows.map(({ user_id }) => user_id))],
    count: rows.length - deliveries.length,
    deliveries,
  };
}

/**
 * In a statement of its own, whose snapshot has what was written before the locks. It joins by primary keys only:
 * PostgreSQL expects hardly any reminder to be due, and would join 500 of them with 500 row by row.
 */
const fireLocked = (userIds: readonly string[], ids: readonly string[]) => sql<FiredRow>`
  with due as materialized (
    select k.user_id, k.id, r.task_id, r.channels, r.next_at, o.revision + 1 as revision
    from unnest(${userIds}::text[], ${ids}::uuid[]) as k (user_id, id)
    cross join lateral (
      select task_id, channels, next_at from duly.reminders where user_id = k.user_id and id = k.id offset 0
    ) as r
    join duly.owners as o on o.user_id = k.user_id
    where r.next_at <= now()
  ), raised as (
    update duly.owners set revision = revision + 1 where user_id in (select user_id from due)
  ), fired as (
    update duly.reminders as r
    set next_at = null, snoozed_until = null, fired_at = now(), revision = due.revision
    from due where r.user_id = due.user_id and r.id = due.id
  ), wanted as materialized (
    select due.user_id, gen_random_uuid() as id, due.id as reminder_id, due.task_id, due.next_at,
      c.id as channel_id, c.type, c.url
    from due
    join duly.tasks as t on t.user_id = due.user_id and t.id = due.task_id
      and t.deleted_at is null and t.completed_at is null
    join duly.channels as c on c.user_id = due.user_id and c.enabled
      and (due.channels is null or c.type = any(due.channels))
  ), made as (
    insert into duly.deliveries (user_id, id, kind, reminder_id, task_id, channel_id, channel_type, scheduled_at,
      status, late, created_at)
    select user_id, id, 'reminder', reminder_id, task_id, channel_id, type, next_at,
      'queued', now() - next_at > ${lateAfter}, now() from wanted
  )
  select user_id, null as delivery_id, null as channel_type, null as url from due
  union all select user_id, id, type, url from wanted`;

const lateAfter = sql`interval '60 seconds'`;

/** Takes deliveries whose next try is due: while they are in the queue they have no time for one. */
export async function takeDueDeliveries(tx: Tx): Promise<ReadyDelivery[]> {
  const { rows } = await sql<ReadyRow>`
    with due as materialized (
      select user_id, id from duly.deliveries where status = 'queued' and next_try_at <= now()
      order by next_try_at limit ${firingBatchSize} for update skip locked
    ), taken as (
      update duly.deliveries as d set next_try_at = null from due where d.user_id = due.user_id and d.id = due.id
      returning d.user_id, d.id, d.channel_type, d.channel_id
    )
    select taken.user_id, taken.id as delivery_id, taken.channel_type, c.url
    from taken left join duly.channels as c on c.user_id = taken.user_id and c.id = taken.channel_id`.execute(
    tx,
  );
  return rows.map(toReadyDelivery);
}

/** @param scheduledAt ISO 8601 */
export async function insertDigestDelivery(
  tx: Tx,
  userId: string,
  scheduledAt: string,
): Promise<ReadyDelivery> {
  const { rows } = await sql<{ id: string }>`
    insert into duly.deliveries (user_id, id, kind, channel_type, scheduled_at, status, late, created_at)
    select ${userId}, id, 'digest', 'email', at, 'queued', now() - at > ${lateAfter}, now()
    from (select gen_random_uuid() as id, ${scheduledAt}::timestamptz as at) as made returning id`.execute(
    tx,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the delivery of a digest was not inserted');
  return { userId, deliveryId: row.id, channelType: 'email', url: null };
}
