import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../db/schema.ts';
import type { ChannelType } from '../senders/model.ts';
import type { Delivery, DeliveryStatus } from './model.ts';

export interface DeliveryKey {
  userId: string;
  deliveryId: string;
}

/** A delivery with all that decides whether, where and what is sent, as it is stored now. */
export interface DeliveryState extends DeliveryKey {
  kind: Delivery['kind'];
  status: DeliveryStatus;
  attempts: number;
  late: boolean;
  scheduledAt: Date;
  createdAt: Date;
  channelType: ChannelType;
  channelId: string | null;
  reminderId: string | null;
  taskId: string | null;
  hasReminder: boolean;
  /** Null when there is no task any more; the same for the channel. */
  title: string | null;
  description: string | null;
  priority: string | null;
  dueDate: string | null;
  dueAt: Date | null;
  startDate: string | null;
  projectName: string | null;
  isCompleted: boolean;
  isInTrash: boolean;
  isChannelEnabled: boolean | null;
  /** The address of the account; null for users of another issuer. */
  email: string | null;
  isEmailVerified: boolean | null;
  isBanned: boolean;
  timeZone: string;
  locale: string;
}

/** @returns the deliveries that exist; those of an erased user do not */
export async function findDeliveries(db: Db, keys: readonly DeliveryKey[]): Promise<DeliveryState[]> {
  const userIds = keys.map(({ userId }) => userId);
  const ids = keys.map(({ deliveryId }) => deliveryId);
  const { rows } = await sql<DeliveryState>`
    select d.user_id as "userId", d.id as "deliveryId", d.kind, d.status, d.attempts, d.late,
      d.scheduled_at as "scheduledAt", d.created_at as "createdAt",
      d.channel_type as "channelType", d.channel_id as "channelId", d.reminder_id as "reminderId",
      d.task_id as "taskId", r.id is not null as "hasReminder",
      t.title, t.description, t.priority, t.due_date as "dueDate", t.due_at as "dueAt",
      t.start_date as "startDate", g.name as "projectName",
      t.completed_at is not null as "isCompleted", t.deleted_at is not null as "isInTrash",
      c.enabled as "isChannelEnabled",
      u.email, u."emailVerified" as "isEmailVerified",
      a.banned_at is not null as "isBanned",
      coalesce(p.time_zone, 'UTC') as "timeZone", coalesce(p.locale, 'en') as locale
    from unnest(${userIds}::text[], ${ids}::uuid[]) as k (user_id, id)
    join duly.deliveries as d on d.user_id = k.user_id and d.id = k.id
    left join duly.reminders as r on r.user_id = d.user_id and r.id = d.reminder_id
    left join duly.tasks as t on t.user_id = d.user_id and t.id = d.task_id
    left join duly.projects as g on g.user_id = t.user_id and g.id = t.project_id
    left join duly.channels as c on c.user_id = d.user_id and c.id = d.channel_id
    left join duly.profiles as p on p.user_id = d.user_id
    left join duly.user_access as a on a.user_id = d.user_id
    left join better_auth."user" as u on u.id = d.user_id`.execute(db);
  return rows;
}

/** What an attempt changes. */
export interface DeliveryResult extends DeliveryKey {
  status: DeliveryStatus;
  /** 1 if a message was sent or tried, 0 if not. */
  tried: number;
  late: boolean;
  nextTryAt: Date | null;
  error: string | null;
  errorStatus: number | null;
}

/** Stores results of deliveries that are still queued: another worker may have been quicker. */
export async function storeResults(tx: Tx, results: readonly DeliveryResult[]): Promise<void> {
  const queued = results.filter(({ status }) => status === 'queued');
  const finished = results.filter(({ status }) => status !== 'queued');
  if (queued.length > 0) await updateDeliveries(tx, queued, sql`null`);
  if (finished.length > 0) await updateDeliveries(tx, finished, sql`now()`);
}

/** Each statement has one time of the end for all: Citus takes no `now()` inside `case` in an update. */
async function updateDeliveries(
  tx: Tx,
  results: readonly DeliveryResult[],
  finishedAt: RawBuilder<unknown>,
): Promise<void> {
  const rows = results.map(({ userId, deliveryId, nextTryAt, errorStatus, ...rest }) => ({
    user_id: userId,
    id: deliveryId,
    next_try_at: nextTryAt?.toISOString() ?? null,
    error_status: errorStatus,
    ...rest,
  }));
  await sql`
    update duly.deliveries as d set status = x.status, attempts = d.attempts + x.tried, late = x.late,
      next_try_at = x.next_try_at, error = x.error, error_status = x.error_status, finished_at = ${finishedAt}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (user_id text, id uuid, status text, tried integer,
      late boolean, next_try_at timestamptz, error text, error_status integer)
    where d.user_id = x.user_id and d.id = x.id and d.status = 'queued'`.execute(tx);
}

const deletionBatchSize = 1_000;

const isOld = (days: number) => sql<SqlBool>`finished_at < now() - make_interval(days => ${days}::int)`;

/** Users with deliveries that were finished so many days ago: so many at a time. */
export async function findUsersWithOldDeliveries(db: Db, days: number): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct user_id from (
      select user_id from duly.deliveries where ${isOld(days)} order by finished_at limit ${deletionBatchSize}
    ) as old`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** @returns how many of a user's were deleted: as many as fit into one batch */
export async function deleteOldDeliveries(db: Db, userId: string, days: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from duly.deliveries where user_id = ${userId} and id in (
      select id from duly.deliveries where user_id = ${userId} and ${isOld(days)}
      limit ${deletionBatchSize} for update skip locked
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}
