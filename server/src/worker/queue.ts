import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Db, Tx } from '../db/schema.ts';
import { queueSchema } from '../db/schema-location.ts';
import type { ReadyDelivery } from '../deliveries/firing.ts';
import { lazy } from '../platform/lazy.ts';
import type { ChannelType } from '../senders/model.ts';
import { bossDb, createBoss, queueNameOf } from './boss.ts';

/** All that a job holds: the ids of a delivery. */
interface JobData {
  user_id: string;
  delivery_id: string;
}

/** A claimed job. `retryCount` tells this claim from later ones. */
export interface DeliveryJob {
  id: string;
  retryCount: number;
  userId: string;
  deliveryId: string;
}

/** How many deliveries to one receiver all workers send at a time: a dead one takes no more of them. */
const maxPerReceiver = 8;

/** Jobs that send deliveries: one queue for each type of channel. */
export interface DeliveryQueue {
  /** Before a transaction with `add`: opening takes a connection, and a transaction may have the only one. */
  open(): Promise<void>;
  /** Within the transaction that makes or takes the deliveries. */
  add(tx: Tx, deliveries: readonly ReadyDelivery[]): Promise<void>;
  /** Claims at most `count` jobs; fewer may be returned although there are more. */
  claim(type: ChannelType, count: number): Promise<DeliveryJob[]>;
  /** Jobs that another worker has claimed meanwhile are left to it. */
  complete(tx: Tx, type: ChannelType, jobs: readonly DeliveryJob[]): Promise<void>;
  /** A sign of life. Without one for `heartbeatSeconds`, `supervise` returns the jobs to the queue. */
  touch(type: ChannelType, jobs: readonly DeliveryJob[]): Promise<void>;
  /** Returns jobs of dead workers to the queue, and deletes old jobs. */
  supervise(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the queue at the first use. @throws Error from each method if the queue is not installed */
export function createQueue(db: Db, log: Logger): DeliveryQueue {
  let opened: PgBoss | undefined;
  const open = lazy(async () => {
    const boss = await createBoss(db, log);
    await boss.start();
    opened = boss;
    return boss;
  });
  return {
    async open() {
      await open();
    },
    async add(tx, deliveries) {
      if (deliveries.length === 0) return;
      const boss = await open();
      for (const [type, group] of Map.groupBy(deliveries, ({ channelType }) => channelType))
        await boss.insert(queueNameOf(type), group.map(toJob), { db: bossDb(tx) });
    },
    async claim(type, count) {
      const boss = await open();
      const jobs = await boss.fetch<JobData>(queueNameOf(type), {
        batchSize: count,
        groupConcurrency: maxPerReceiver,
        includeMetadata: true,
      });
      return jobs.map(({ id, retryCount, data }) => ({
        id,
        retryCount,
        userId: data.user_id,
        deliveryId: data.delivery_id,
      }));
    },
    async complete(tx, type, jobs) {
      const boss = await open();
      await boss.complete(queueNameOf(type), jobs.map(claimOf), null, { db: bossDb(tx) });
    },
    async touch(type, jobs) {
      const boss = await open();
      await boss.touch(queueNameOf(type), jobs.map(claimOf));
    },
    supervise: async () => (await open()).supervise(),
    close: async () => opened?.stop({ graceful: false }),
  };
}

const claimOf = ({ id, retryCount }: DeliveryJob) => ({ id, retryCount });

const toJob = (delivery: ReadyDelivery) => ({
  data: { user_id: delivery.userId, delivery_id: delivery.deliveryId } satisfies JobData,
  group: { id: receiverKeyOf(delivery) },
});

/**
 * The host of a webhook. Mails and push messages go through servers that all users share, so each user is a receiver.
 * A hash, because the queue stores neither addresses nor hosts.
 */
function receiverKeyOf({ userId, channelType, url }: ReadyDelivery): string {
  const isWebhook = channelType === 'webhook' && url !== null && URL.canParse(url);
  const receiver = isWebhook ? new URL(url).host : userId;
  return createHash('sha256').update(receiver).digest('base64url').slice(0, 16);
}

/** When there is work next, in ms from now; negative: it is overdue. Null: no work is known. */
export interface DueTimes {
  remindersMs: number | null;
  /** The next try of a delivery. */
  deliveriesMs: number | null;
  digestsMs: number | null;
  /** The end of the first claim whose worker gives no sign of life. */
  claimsMs: number | null;
  hasJobs: boolean;
  /** Whether the queue holds any job, also one that has ended. */
  isQueueUsed: boolean;
}

const msUntil = (time: ReturnType<typeof sql>) =>
  sql`extract(epoch from (${time}) - clock_timestamp())::float8 * 1000`;
const jobs = sql.table(`${queueSchema}.job`);

/** Reads one entry of each of four indexes, and the jobs that are claimed. */
export async function findDueTimes(db: Db): Promise<DueTimes> {
  const [due, queued] = await Promise.all([dueOfUsers.execute(db), dueInQueue.execute(db)]);
  const [times, jobTimes] = [due.rows[0], queued.rows[0]];
  if (times === undefined || jobTimes === undefined)
    throw new Error('the query of due times returned no row');
  return { ...times, ...jobTimes };
}

// Two statements: Citus 13 fails when one reads tables of users and of the queue.
const dueOfUsers = sql<Pick<DueTimes, 'remindersMs' | 'deliveriesMs' | 'digestsMs'>>`
  select
    ${msUntil(sql`select next_at from duly.reminders where next_at is not null order by next_at limit 1`)}
      as "remindersMs",
    ${msUntil(sql`select next_try_at from duly.deliveries where status = 'queued' and next_try_at is not null
      order by next_try_at limit 1`)} as "deliveriesMs",
    ${msUntil(sql`select digest_next_at from duly.profiles where digest_next_at is not null
      order by digest_next_at limit 1`)} as "digestsMs"`;

const dueInQueue = sql<Pick<DueTimes, 'claimsMs' | 'hasJobs' | 'isQueueUsed'>>`
  select
    ${msUntil(sql`select min(heartbeat_on + heartbeat_seconds * interval '1 second') from ${jobs}
      where state = 'active'`)} as "claimsMs",
    exists (select from ${jobs} where state < 'active' and not blocked and start_after <= now()) as "hasJobs",
    exists (select from ${jobs}) as "isQueueUsed"`;
