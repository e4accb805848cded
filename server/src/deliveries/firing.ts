import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Tx } from '../db/schema.ts';
import { isCluster, onShardOf } from '../db/shards.ts';
import type { ChannelType } from '../senders/model.ts';
import { lateAfterMs } from './attempt.ts';

/** How many reminders or deliveries one transaction takes. Their users' writes wait for it, some 50 ms. */
export const firingBatchSize = 500;

/** A delivery that is to be sent now. */
export interface ReadyDelivery {
  userId: string;
  deliveryId: string;
  channelType: ChannelType;
  /** The URL of a webhook, or the origin of the push service; null for email and for a deleted channel. */
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

/** What is due, each with its user. */
interface DueKey {
  user_id: string;
  id: string;
}

/** How rows that are due are locked and changed. Workers skip what another transaction has locked. */
interface DueRows<Changed> {
  /** The users of rows that are due, the longest due first; with repetitions. */
  users: RawBuilder<{ user_id: string }>;
  /** Of all users, or of one. */
  lock(userId: string | null): RawBuilder<DueKey>;
  /** In a statement of its own, whose snapshot has what was written before the locks. */
  change(userIds: readonly string[], ids: readonly string[]): RawBuilder<{ rows: Changed[] }>;
}

/** On a cluster a statement locks rows of one user only: so many users follow each other in one transaction. */
const usersPerTransaction = 50;

async function takeDue<Changed>(tx: Tx, { users, lock, change }: DueRows<Changed>): Promise<Changed[]> {
  let userIds: (string | null)[] = [null];
  if (await isCluster(tx)) {
    const { rows } = await users.execute(tx);
    userIds = [...new Set(rows.map(({ user_id }) => user_id))].slice(0, usersPerTransaction);
  }
  const changed: Changed[] = [];
  for (const userId of userIds) {
    const { rows: keys } = await lock(userId).execute(tx);
    if (keys.length === 0) continue;
    const statement = change(
      keys.map(({ user_id }) => user_id),
      keys.map(({ id }) => id),
    );
    changed.push(...((await statement.execute(tx)).rows[0]?.rows ?? []));
  }
  return changed;
}

/** The statement takes the users' ids as its first parameter: on a cluster they are one. */
const onUsersShard = sql.raw(onShardOf(0, 'rows jsonb'));

/** A reminder, or a delivery of one. */
type FiredRow = ReadyRow | { user_id: string; delivery_id: null };

/**
 * Fires reminders whose time has come: raises the revision of their users, and makes a delivery for each channel.
 * Locks the users' rows first, as every write does, and skips users that a write or another worker has locked.
 */
export async function fireReminders(tx: Tx): Promise<Fired> {
  const rows = await takeDue(tx, dueReminders);
  const deliveries = rows.flatMap((row) => (row.delivery_id === null ? [] : [toReadyDelivery(row)]));
  return {
    userIds: [...new Set(rows.map(({ user_id }) => user_id))],
    count: rows.length - deliveries.length,
    deliveries,
  };
}

const lateAfter = sql`interval '${sql.raw(String(lateAfterMs / 1_000))} seconds'`;

const dueReminders: DueRows<FiredRow> = {
  users: sql`select user_id from duly.reminders where next_at <= now() order by next_at limit ${firingBatchSize}`,
  lock: (userId) => sql`
    select r.user_id, r.id from duly.reminders as r join duly.owners as o on o.user_id = r.user_id
    where r.next_at <= now() ${userId === null ? sql`` : sql`and r.user_id = ${userId} and o.user_id = ${userId}`}
    order by r.next_at limit ${firingBatchSize} for update of o skip locked`,
  // It joins by primary keys only: PostgreSQL expects hardly any reminder to be due, and would join 500 row by row.
  change: (userIds, ids) => sql`${onUsersShard}
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
    select coalesce(jsonb_agg(changed), '[]') as rows from (
      select user_id, null as delivery_id, null as channel_type, null as url from due
      union all select user_id, id, type, url from wanted
    ) as changed`,
};

/** Takes deliveries whose next try is due: while they are in the queue they have no time for one. */
export async function takeDueDeliveries(tx: Tx): Promise<ReadyDelivery[]> {
  return (await takeDue(tx, dueDeliveries)).map(toReadyDelivery);
}

const isTryDue = sql<SqlBool>`status = 'queued' and next_try_at <= now()`;

const dueDeliveries: DueRows<ReadyRow> = {
  users: sql`select user_id from duly.deliveries where ${isTryDue} order by next_try_at limit ${firingBatchSize}`,
  lock: (userId) => sql`
    select user_id, id from duly.deliveries
    where ${isTryDue} ${userId === null ? sql`` : sql`and user_id = ${userId}`}
    order by next_try_at limit ${firingBatchSize} for update skip locked`,
  change: (userIds, ids) => sql`${onUsersShard}
    with taken as (
      update duly.deliveries as d set next_try_at = null
      from unnest(${userIds}::text[], ${ids}::uuid[]) as k (user_id, id)
      where d.user_id = k.user_id and d.id = k.id
      returning d.user_id, d.id, d.channel_type, d.channel_id
    )
    select coalesce(jsonb_agg(changed), '[]') as rows from (
      select taken.user_id, taken.id as delivery_id, taken.channel_type, c.url
      from taken left join duly.channels as c on c.user_id = taken.user_id and c.id = taken.channel_id
    ) as changed`,
};

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
