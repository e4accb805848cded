import { reminderMail, reminderNotification } from '../mail/reminder-mail.ts';
import type { Message } from '../senders/model.ts';
import type { DeliveryState } from './queries.ts';

/**
 * A reminder in the form of each channel.
 * @param late whether it is sent late because nothing ran at its time
 */
export function reminderMessage(delivery: DeliveryState, late: boolean): Message {
  const { deliveryId: id, title, taskId, reminderId, dueAt, locale, timeZone } = delivery;
  const scheduledAt = delivery.scheduledAt.toISOString();
  const task = {
    title: title ?? '',
    description: delivery.description,
    priority: delivery.priority ?? '',
    due_date: delivery.dueDate,
    due_at: dueAt?.toISOString() ?? null,
    start_date: delivery.startDate,
  };
  const { projectName } = delivery;
  const reminder = { locale, timeZone, task, projectName, scheduledAt, isLate: late };
  return {
    id,
    mail: reminderMail(reminder),
    webhook: {
      type: 'reminder.due',
      timestamp: scheduledAt,
      data: {
        user_id: delivery.userId,
        delivery_id: id,
        reminder_id: reminderId,
        scheduled_at: scheduledAt,
        late,
        task: { id: taskId, ...task },
      },
    },
    push: { id, ...reminderNotification(reminder), ...(taskId === null ? {} : { task_id: taskId }) },
  };
}
