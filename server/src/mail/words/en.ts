import type { Words } from './model.ts';

export const en: Words = {
  direction: 'ltr',
  reminderSubject: 'Reminder: {title}',
  reminder: 'Reminder',
  due: 'Due',
  starts: 'Starts',
  project: 'Project',
  highPriority: 'High priority',
  late: 'This reminder comes late. It was set for {time}.',
  reminderReason: 'You get this mail because you set this reminder.',
  digestSubject: 'Your tasks for {date}',
  overdue: 'Overdue',
  today: 'Today',
  nextDays: 'Next 7 days',
  nothingToday: 'Nothing is due today.',
  more: { other: 'and {count} more' },
  repeats: 'Repeats',
  digestReason: 'You get this mail every day at {time}.',
  unsubscribe: 'Unsubscribe',
};
