import { feedOfTable, type Noun } from '../db/noun.ts';
import { reminderColumns } from './columns.ts';
import { NewReminder, Reminder, ReminderPatch, Snooze } from './model.ts';

export const reminderNoun: Noun<'reminder', Reminder> = {
  type: 'reminder',
  schema: 'Reminder',
  schemas: () => [Reminder, NewReminder, ReminderPatch, Snooze],
  tables: ['duly.reminders'],
  isVersioned: true,
  feed: feedOfTable('reminder', {
    name: 'duly.reminders',
    alias: 'rm',
    columns: reminderColumns,
    // Reminders of a task in the trash stay, without a `next_at`: a restore would have to bring all of them back.
    isLive: null,
    idDescription: "The reminder's id.",
  }),
};
