import {
  boolean,
  type Column,
  column,
  enumeration,
  integer,
  jsonObject,
  nullable,
  quoted,
  type TableOf,
  timestamp,
  uuid,
} from '../db/columns.ts';
import { param } from '../db/statements.ts';
import type { ChannelType } from '../senders/model.ts';
import { Delivery, type DeliveryStatus } from './model.ts';

const optionalUuid = nullable(uuid);
const optionalTime = nullable(timestamp);

const deliveryColumns = {
  id: column(uuid, { setBy: 'creation' }),
  kind: column(enumeration<Delivery['kind']>('text'), { setBy: 'creation' }),
  reminder_id: column(optionalUuid, { setBy: 'creation' }),
  task_id: column(optionalUuid, { setBy: 'creation' }),
  channel_id: column(optionalUuid, { setBy: 'creation' }),
  channel_type: column(enumeration<ChannelType>('text'), { setBy: 'creation' }),
  scheduled_at: column(timestamp, { setBy: 'creation' }),
  status: column(enumeration<DeliveryStatus>('text'), { setBy: 'server' }),
  late: column(boolean, { setBy: 'server' }),
  attempts: column(integer, { setBy: 'server' }),
  next_try_at: column(optionalTime, { setBy: 'server' }),
  error: column(nullable(quoted<string>('text')), { setBy: 'server' }),
  error_status: column(nullable(integer), { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  finished_at: column(optionalTime, { setBy: 'server' }),
} satisfies { [Name in keyof Delivery]: Column<Delivery[Name]> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.deliveries': TableOf<typeof deliveryColumns> & { user_id: string };
  }
}

/** What JSON makes of a delivery, for a row of `deliveries as t`. */
export const deliveryJson = jsonObject(deliveryColumns, Object.keys(Delivery.properties), {
  alias: 't',
  userId: param('user_id'),
});
