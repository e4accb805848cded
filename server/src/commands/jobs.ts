import { systemOrigin } from '../audit/origin.ts';
import { appendAudit } from '../audit/queries.ts';
import type { Config } from '../config/config.ts';
import type { Db, Tx } from '../db/schema.ts';
import { requireUsableSchema } from '../db/schema-fit.ts';
import { inTransaction } from '../db/transaction.ts';
import { type DeliveryStatus, deliveryStatuses } from '../deliveries/model.ts';
import {
  cancelDeliveries,
  countDeliveries,
  type DeliveryChoice,
  listNewestDeliveries,
  retryDeliveries,
} from '../deliveries/operator-queries.ts';
import { announceChanges } from '../feed/notification-sender.ts';
import { StartError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { databaseStartError, joinDatabase } from '../process/database.ts';
import { rejectOnStopSignal } from '../process/stop-signals.ts';
import { type SubcommandName, selectSubcommand } from './arguments.ts';
import { printLine, printRow } from './print.ts';

type JobsSubcommand = (db: Db, args: string[]) => Promise<void>;

const subcommands: Record<SubcommandName<'jobs'>, JobsSubcommand> = { list, counts, retry, cancel };

const listLimit = 100;
const widths = [36, 9, 8, 7, 8, 24, 24, 20];
const columns = [
  'id',
  'status',
  'kind',
  'channel',
  'attempts',
  'scheduled_at',
  'next_try_at',
  'error',
  'user',
];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function list(db: Db, [word = 'queued']: string[]): Promise<void> {
  const status = parseStatus('list', word);
  printRow(widths, columns);
  for (const one of await listNewestDeliveries(db, status, listLimit)) {
    const [scheduledAt, nextTryAt] = [one.scheduled_at.toISOString(), one.next_try_at?.toISOString() ?? null];
    printRow(widths, [
      ...[one.id, one.status, one.kind, one.channel_type, one.attempts, scheduledAt, nextTryAt, one.error],
      one.user_id,
    ]);
  }
}

async function counts(db: Db): Promise<void> {
  const countWidths = [8, 7, 9];
  printRow(countWidths, ['kind', 'channel', 'status', 'count']);
  for (const { kind, channel_type, status, count } of await countDeliveries(db))
    printRow(countWidths, [kind, channel_type, status, count]);
}

async function retry(db: Db, [word = '']: string[]): Promise<void> {
  const statuses = ['failed', 'cancelled', 'queued'] as const;
  const choice = parseChoice('retry', word, statuses);
  const userIds = await change(db, 'delivery.retry', (tx) => retryDeliveries(tx, choice));
  requireChosen('retry', choice, userIds.length, statuses);
  await announceChanges(db, [...new Set(userIds)]);
  printLine(`${userIds.length} queued`);
}

async function cancel(db: Db, [word = '']: string[]): Promise<void> {
  const choice = parseChoice('cancel', word, ['queued']);
  const userIds = await change(db, 'delivery.cancel', (tx) => cancelDeliveries(tx, choice));
  requireChosen('cancel', choice, userIds.length, ['queued']);
  printLine(`${userIds.length} cancelled`);
}

/**
 * Changes deliveries, with an entry in the audit log of each of their users.
 * @param work returns the users, one for each delivery
 */
const change = (db: Db, action: string, work: (tx: Tx) => Promise<string[]>): Promise<string[]> =>
  inTransaction(db, async (tx) => {
    const userIds = await work(tx);
    const counts = Map.groupBy(userIds, (userId) => userId);
    const entries = [...counts].map(([userId, { length: count }]) => ({
      ...{ userId, origin: systemOrigin, action, count },
      outcome: 'success' as const,
    }));
    if (entries.length > 0) await appendAudit(tx, entries);
    return userIds;
  });

/** @throws StartError for the id of a delivery that does not exist, or has another status */
function requireChosen(
  command: string,
  choice: DeliveryChoice,
  count: number,
  allowed: readonly DeliveryStatus[],
): void {
  if (count > 0 || !('id' in choice)) return;
  throw new StartError(
    `jobs ${command}: got ${JSON.stringify(choice.id)}, wants the id of a delivery that is ${allowed.join(' or ')}`,
  );
}

function parseStatus(command: string, word: string): DeliveryStatus {
  const status = deliveryStatuses.find((one) => one === word);
  if (status !== undefined) return status;
  throw new StartError(`jobs ${command}: got ${JSON.stringify(word)}, wants ${deliveryStatuses.join(', ')}`);
}

function parseChoice(command: string, word: string, allowed: readonly DeliveryStatus[]): DeliveryChoice {
  if (uuid.test(word)) return { id: word };
  const status = allowed.find((one) => one === word);
  if (status !== undefined) return { status };
  throw new StartError(
    `jobs ${command}: got ${JSON.stringify(word)}, wants the id of a delivery, or ${allowed.join(', ')}`,
  );
}

/**
 * `jobs list [STATUS]`, `jobs counts`, `jobs retry ID|STATUS` and `jobs cancel ID|queued`: deliveries of all users. A
 * server may run on the same database meanwhile.
 * @throws StartError for an unknown subcommand or argument, or when the database cannot be reached.
 */
export async function jobs(config: Config, [word = 'counts', ...args]: string[]): Promise<void> {
  const run = selectSubcommand('jobs', subcommands, word);
  const stopped = rejectOnStopSignal();
  const database = await joinDatabase(config, createLog('silent'));
  try {
    await requireUsableSchema(database.db, config.database.url === null ? 'DATA_DIR' : 'DATABASE_URL');
    await Promise.race([run(database.db, args), stopped]);
  } catch (error) {
    throw databaseStartError(error) ?? error;
  } finally {
    await database.close();
  }
}
