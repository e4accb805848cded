import { sql } from 'kysely';
import {
  arrayOf,
  type Column,
  column,
  createReader,
  enumeration,
  integer,
  jsonObject,
  nullable,
  selectColumns,
  type TableOf,
  timestamp,
  uuid,
} from '../db/columns.ts';
import { param } from '../db/statements.ts';
import { recordsCte, upsertCte } from '../db/store-rows.ts';
import type { ChannelType } from '../senders/model.ts';
import { Reminder, type ReminderReference } from './model.ts';

const optionalTimestamp = nullable(timestamp);

export const reminderColumns = {
  id: column(uuid, { setBy: 'creation' }),
  task_id: column(uuid, { setBy: 'creation' }),
  relative_to: column(nullable(enumeration<ReminderReference>('text')), { setBy: 'client' }),
  minutes_before: column(nullable(integer), { setBy: 'client' }),
  remind_at: column(optionalTimestamp, { setBy: 'client' }),
  channels: column(nullable(arrayOf<ChannelType>()), { setBy: 'client' }),
  snoozed_until: column(optionalTimestamp, { setBy: 'server' }),
  next_at: column(optionalTimestamp, { setBy: 'server' }),
  fired_at: column(optionalTimestamp, { setBy: 'server' }),
  version: column(integer, { setBy: 'server' }),
  created_at: column(timestamp, { setBy: 'creation' }),
  updated_at: column(timestamp, { setBy: 'server' }),
} satisfies { [Name in keyof Reminder]: Column<Reminder[Name]> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.reminders': TableOf<typeof reminderColumns> & { user_id: string; revision: bigint };
  }
}

/** What is stored besides. */
const writtenColumns = {
  user_id: { recordType: null, setBy: 'creation', insert: param('user_id') },
  revision: { recordType: null, setBy: 'server', insert: sql`(select revision from stamp)` },
} as const;

const stored = { ...reminderColumns, ...writtenColumns };

/** Inserts or updates reminders: those of the parameter `reminder_rows`. Tasks may be stored by the same statement. */
export const upsertRemindersCtes = sql`${recordsCte(stored, 'reminder_')}, ${upsertCte(
  'duly.reminders',
  ['user_id', 'id'],
  stored,
  'reminder_',
)}`;

/** A row of `reminders as t`, in a statement with the parameter `user_id`. */
const row = { alias: 't', userId: param('user_id') };

/** What JSON makes of a reminder, for a row of `reminders as t`. */
export const reminderJson = jsonObject(reminderColumns, Object.keys(Reminder.properties), row);

/** The fields of a reminder of `reminders as r`, to be read by `readReminder`. */
export const reminderSelection = selectColumns(reminderColumns, { ...row, alias: 'r' }, 'reminder_');
export const readReminder = createReader(reminderColumns, 'reminder_');
