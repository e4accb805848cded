import { type SqlBool, sql } from 'kysely';
import { isoText } from '../db/columns.ts';
import type { CursorKeys } from '../db/cursors.ts';
import { type EncodedPage, findPage, readPage } from '../db/keyset-page.ts';
import type { SortOrder } from '../db/page-order.ts';
import type { Db } from '../db/schema.ts';
import { param } from '../db/statements.ts';
import { deliveryJson } from './columns.ts';
import type { DeliveryListQuery } from './model.ts';

const newestFirst: SortOrder = {
  key: sql`t.created_at`,
  name: 'created_at',
  keyText: isoText(sql`t.created_at`),
  keyFromText: (text) => sql`${text}::timestamptz`,
  direction: 'desc',
  nullable: false,
};

const filters = [
  { name: 'status', where: sql<SqlBool>`t.status = ${param('status')}` },
  { name: 'reminder_id', where: sql<SqlBool>`t.reminder_id = ${param('reminder_id')}::uuid` },
  { name: 'task_id', where: sql<SqlBool>`t.task_id = ${param('task_id')}::uuid` },
] as const;

/**
 * A page of the delivery log, newest first.
 * @throws AppError VALIDATION_ERROR, CURSOR_EXPIRED
 */
export function listDeliveries(
  db: Db,
  userId: string,
  { status, reminder_id, task_id, ...page }: DeliveryListQuery,
  keys: CursorKeys,
): Promise<EncodedPage> {
  const values = { status, reminder_id, task_id };
  const set = filters.filter(({ name }) => values[name] !== undefined);
  const source = {
    table: 'duly.deliveries',
    shape: set.map(({ name }) => name).join(),
    where: set.map(({ where }) => where),
    json: deliveryJson,
    params: { user_id: userId, ...values },
    materialize: false,
    hasUnfoldedRows: null,
  };
  const scope = { ...keys, scope: [userId, 'deliveries', values] };
  return readPage(scope, page, (request) => findPage(db, source, newestFirst, request));
}
